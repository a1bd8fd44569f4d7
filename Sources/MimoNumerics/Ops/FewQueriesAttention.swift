import CMimoKernels

extension Attention {
    /// The last tokens of a sequence against all of its keys.
    public struct FewQueries: Sendable {
        /// Written, `[Tq, H · D]`.
        let output: Tensor
        /// `[Tq, H · D]`.
        let q: Tensor
        /// `[Tk, Hkv · D]`; the last Tq belong to the queries.
        let k: Tensor
        /// As the keys.
        let v: Tensor

        /// The tokens of these queries see all keys up to their own.
        public init(output: Tensor, q: Tensor, k: Tensor, v: Tensor) {
            precondition(
                output.rows == q.rows && q.rows <= k.rows && k.rows == v.rows && k.stride == v.stride
            )
            self.output = output
            self.q = q
            self.k = k
            self.v = v
        }
    }

    /// Up to this many queries keys and values are read in place: packing them would cost more than it saves.
    public static let fewQueries = 4

    /// Some keys of a sequence, for all of its heads: a task reads memory in the order in which it lies.
    private struct Part {
        var sequence: Int
        var keys: Range<Int>
        /// Where the part's rows begin among those of all parts: those of the first head's queries, then the next's.
        var row: Int
    }

    /// Keys that one part takes, of so many. It depends on the length alone, whatever the number of threads: the same
    /// bits. Short parts share out evenly; in long sequences, joining must not cost more than it helps.
    private static func keysPerPart(of count: Int) -> Int {
        let (tile, mostParts) = (64, 64)
        return tile * max(1, (count + tile * mostParts - 1) / (tile * mostParts))
    }

    /// Floats of scratch that ``forward(_:scratch:)`` needs.
    public func scratchFloats(for sequences: [FewQueries]) -> Int {
        rows(of: parts(of: sequences), sequences) * (headSize + 2)
    }

    /// Attention of a few queries each of several sequences, as in decoding, after Dao et al., "Flash-Decoding"
    /// (2023): keys are cut into parts whose results are joined. `scratch` is one row.
    public func forward(_ sequences: [FewQueries], scratch: Tensor) {
        let parts = parts(of: sequences)
        let rows = rows(of: parts, sequences)
        precondition(scratch.rows == 1 && scratch.columns >= rows * (headSize + 2))
        let sums = scratch.columns(0..<rows * headSize)
        let levels = scratch.columns(rows * headSize..<rows * (headSize + 2)).reshaped(rows: 2, columns: rows)
        parallelFor(.attention, parts.count) { index, _ in
            let part = parts[index]
            let sequence = sequences[part.sequence]
            let count = sequence.q.rows
            for head in 0..<keyValueHeads {
                let row = part.row + head * group * count
                let place = part.keys.lowerBound * sequence.k.stride + head * headSize
                kernels.attention_few(
                    sums.pointer + row * headSize,
                    levels.pointer + row,
                    levels.pointer + levels.stride + row,
                    sequence.q.pointer + head * headSize * group,
                    sequence.k.pointer + place,
                    sequence.v.pointer + place,
                    part.keys.count,
                    sequence.k.rows - count - part.keys.lowerBound,
                    count,
                    group,
                    headSize,
                    scale,
                    sequence.q.stride,
                    sequence.k.stride
                )
            }
        }
        var first = 0
        while first < parts.count {
            let part = parts[first]
            let sequence = sequences[part.sequence]
            let pieces = parts[first...].prefix { $0.sequence == part.sequence }.count
            kernels.attention_join(
                sequence.output.pointer,
                sums.pointer + part.row * headSize,
                levels.pointer + part.row,
                levels.pointer + levels.stride + part.row,
                pieces,
                sequence.q.rows,
                heads,
                headSize,
                sequence.output.stride
            )
            first += pieces
        }
    }

    /// Rows of all parts together.
    private func rows(of parts: [Part], _ sequences: [FewQueries]) -> Int {
        parts.last.map { $0.row + heads * sequences[$0.sequence].q.rows } ?? 0
    }

    private func parts(of sequences: [FewQueries]) -> [Part] {
        var parts: [Part] = []
        var row = 0
        for (index, sequence) in sequences.enumerated() {
            precondition(
                sequence.q.columns == heads * headSize && sequence.k.columns == keyValueHeads * headSize
            )
            let length = Self.keysPerPart(of: sequence.k.rows)
            for start in Swift.stride(from: 0, to: sequence.k.rows, by: length) {
                let keys = start..<min(sequence.k.rows, start + length)
                parts.append(Part(sequence: index, keys: keys, row: row))
                row += heads * sequence.q.rows
            }
        }
        return parts
    }
}
