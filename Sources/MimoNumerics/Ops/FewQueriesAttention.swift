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

    /// Some keys of a sequence, for all of its heads: a task reads memory in the order in which it lies. Threads that
    /// count references to what they share wait for each other, so a part has addresses.
    private struct Part {
        var sequence: Int
        /// Where the part's rows begin among those of all parts: those of the first head's queries, then the next's.
        var row: Int
        var q: UnsafePointer<Float>
        var k: UnsafePointer<Float>
        var v: UnsafePointer<Float>
        var keys: Int
        /// The key of the part that the first query sees last.
        var lastSeen: Int
        var queries: Int
        var queryStride: Int
        var keyStride: Int

        init(of sequence: FewQueries, at index: Int, keys: Range<Int>, row: Int) {
            self.sequence = index
            self.row = row
            q = UnsafePointer(sequence.q.pointer)
            k = UnsafePointer(sequence.k.pointer + keys.lowerBound * sequence.k.stride)
            v = UnsafePointer(sequence.v.pointer + keys.lowerBound * sequence.v.stride)
            self.keys = keys.count
            queries = sequence.q.rows
            lastSeen = sequence.k.rows - queries - keys.lowerBound
            queryStride = sequence.q.stride
            keyStride = sequence.k.stride
        }
    }

    /// Keys that one part takes, of so many. It depends on the length alone, whatever the number of threads: the same
    /// bits. Short parts share out evenly; in long sequences, joining must not cost more than it helps.
    private static func keysPerPart(of count: Int) -> Int {
        let (tile, mostParts) = (32, 64)
        return tile * max(1, (count + tile * mostParts - 1) / (tile * mostParts))
    }

    /// Floats of scratch that ``forward(_:scratch:)`` needs.
    public func scratchFloats(for sequences: [FewQueries]) -> Int {
        sequences.reduce(0) { $0 + Self.parts(of: $1.k.rows) * heads * $1.q.rows } * (headSize + 2)
    }

    /// Parts of so many keys.
    private static func parts(of keys: Int) -> Int {
        let length = keysPerPart(of: keys)
        return (keys + length - 1) / length
    }

    /// Attention of a few queries each of several sequences, as in decoding, after Dao et al., "Flash-Decoding"
    /// (2023): keys are cut into parts whose results are joined. `scratch` is one row.
    public func forward(_ sequences: [FewQueries], scratch: Tensor) {
        let parts = parts(of: sequences)
        let rows = rows(of: parts, sequences)
        precondition(scratch.rows == 1 && scratch.columns >= rows * (headSize + 2))
        let sums = scratch.pointer
        let highest = sums + rows * headSize
        let totals = highest + rows
        withExtendedLifetime((sequences, scratch)) {
            parts.withUnsafeBufferPointer { parts in
                parallelFor(.attention, parts.count, inShares: true) { index, _ in
                    let part = parts[index]
                    let next = isLastOfShare(index, of: parts.count) ? part : parts[index + 1]
                    kernels.attention_few(
                        sums + part.row * headSize,
                        highest + part.row,
                        totals + part.row,
                        part.q,
                        part.k,
                        part.v,
                        next.k,
                        part.keys,
                        part.lastSeen,
                        part.queries,
                        keyValueHeads,
                        group,
                        headSize,
                        scale,
                        part.queryStride,
                        part.keyStride
                    )
                }
            }
        }
        var first = 0
        while first < parts.count {
            let part = parts[first]
            let sequence = sequences[part.sequence]
            let pieces = parts[first...].prefix { $0.sequence == part.sequence }.count
            kernels.attention_join(
                sequence.output.pointer,
                sums + part.row * headSize,
                highest + part.row,
                totals + part.row,
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
        parts.reserveCapacity(sequences.reduce(0) { $0 + Self.parts(of: $1.k.rows) })
        var row = 0
        for (index, sequence) in sequences.enumerated() {
            precondition(
                sequence.q.columns == heads * headSize && sequence.k.columns == keyValueHeads * headSize
            )
            let length = Self.keysPerPart(of: sequence.k.rows)
            for start in Swift.stride(from: 0, to: sequence.k.rows, by: length) {
                let keys = start..<min(sequence.k.rows, start + length)
                parts.append(Part(of: sequence, at: index, keys: keys, row: row))
                row += heads * sequence.q.rows
            }
        }
        return parts
    }
}
