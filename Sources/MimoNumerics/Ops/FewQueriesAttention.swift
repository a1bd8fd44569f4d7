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

    /// Keys that one task takes. Fixed cuts, whatever the number of threads: the same bits.
    private static let keysPerTask = 256

    private struct Part {
        var sequence: Int
        var head: Int
        var keys: Range<Int>
        /// Where the part's rows begin among those of all parts.
        var row: Int
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
            let column = part.head * headSize
            let count = sequence.q.rows
            kernels.attention_few(
                sums.pointer + part.row * headSize,
                levels.pointer + part.row,
                levels.pointer + levels.stride + part.row,
                sequence.q.pointer + column * group,
                sequence.k.pointer + part.keys.lowerBound * sequence.k.stride + column,
                sequence.v.pointer + part.keys.lowerBound * sequence.v.stride + column,
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
        var first = 0
        while first < parts.count {
            let part = parts[first]
            let sequence = sequences[part.sequence]
            let pieces = parts[first...].prefix { $0.sequence == part.sequence && $0.head == part.head }.count
            kernels.attention_join(
                sequence.output.pointer + part.head * headSize * group,
                sums.pointer + part.row * headSize,
                levels.pointer + part.row,
                levels.pointer + levels.stride + part.row,
                pieces,
                sequence.q.rows,
                group,
                headSize,
                sequence.output.stride
            )
            first += pieces
        }
    }

    /// Rows of all parts together.
    private func rows(of parts: [Part], _ sequences: [FewQueries]) -> Int {
        parts.last.map { $0.row + group * sequences[$0.sequence].q.rows } ?? 0
    }

    private func parts(of sequences: [FewQueries]) -> [Part] {
        var parts: [Part] = []
        var row = 0
        for (index, sequence) in sequences.enumerated() {
            precondition(
                sequence.q.columns == heads * headSize && sequence.k.columns == keyValueHeads * headSize
            )
            for head in 0..<keyValueHeads {
                for start in Swift.stride(from: 0, to: sequence.k.rows, by: Self.keysPerTask) {
                    let keys = start..<min(sequence.k.rows, start + Self.keysPerTask)
                    parts.append(Part(sequence: index, head: head, keys: keys, row: row))
                    row += group * sequence.q.rows
                }
            }
        }
        return parts
    }
}
