import CMimoKernels

extension Attention {
    /// The last tokens of a sequence against all of its keys.
    public struct FewQueries: Sendable {
        /// Written, `[Tq, H · D]`.
        let output: Tensor
        /// `[Tq, H · D]`.
        let q: Tensor
        /// Tk rows; the last Tq belong to the queries.
        let k: HeadRows
        /// As the keys.
        let v: HeadRows

        /// The tokens of these queries see all keys up to their own.
        public init(output: Tensor, q: Tensor, k: HeadRows, v: HeadRows) {
            precondition(output.rows == q.rows && output.columns == q.columns && q.rows <= k.rows)
            precondition(k.rows == v.rows && k.stride == v.stride && k.heads == v.heads && k.size == v.size)
            self.output = output
            self.q = q
            self.k = k
            self.v = v
        }
    }

    /// Up to this many queries keys and values are read in place: packing them would cost more than it saves.
    public static let fewQueries = 4

    // Threads that count references to what they share wait for each other, so these have addresses.

    /// A key head of a sequence with the queries that look at it: their parts are joined when all are done.
    private struct Head {
        let output: UnsafeMutablePointer<Float>
        let outputStride: Int
        let queries: Int
        /// Where the rows of its parts begin among those of all parts.
        let firstRow: Int
        let parts: Int
    }

    /// Some keys of a head.
    private struct Part {
        let head: Int
        /// Where its rows begin among those of all parts.
        let row: Int
        let q: UnsafePointer<Float>
        let k: UnsafePointer<Float>
        let v: UnsafePointer<Float>
        let keys: Int
        /// The key of the part that the first query sees last.
        let lastSeen: Int
        let queryStride: Int
        let keyStride: Int
    }

    /// Heads of all sequences, and their parts in the order in which their keys lie.
    private struct Cut {
        var heads: [Head] = []
        var parts: [Part] = []
        /// Rows of all parts together.
        var rows = 0
    }

    /// Keys that a head's part takes, of so many. It depends on the length alone, whatever the number of threads: the
    /// same bits. Short parts share out evenly, but each leaves sums behind that must be joined.
    private static func keysPerPart(of count: Int) -> Int {
        let (tile, mostParts) = (64, 64)
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
    ///
    /// Whoever finishes a head's last part joins them: many of their sums are in its own cache.
    public func forward(_ sequences: [FewQueries], scratch: Tensor) {
        let cut = cut(sequences)
        precondition(scratch.rows == 1 && scratch.columns >= cut.rows * (headSize + 2))
        let sums = scratch.pointer
        let highest = sums + cut.rows * headSize
        let totals = highest + cut.rows
        var left = cut.heads.map { Int32($0.parts) }
        withExtendedLifetime((sequences, scratch)) {
            left.withUnsafeMutableBufferPointer { left in
                guard let left = left.baseAddress else { return }
                cut.heads.withUnsafeBufferPointer { heads in
                    cut.parts.withUnsafeBufferPointer { parts in
                        run(heads, parts, left: left, sums: sums, highest: highest, totals: totals)
                    }
                }
            }
        }
    }

    private func run(
        _ heads: UnsafeBufferPointer<Head>,
        _ parts: UnsafeBufferPointer<Part>,
        left: UnsafeMutablePointer<Int32>,
        sums: UnsafeMutablePointer<Float>,
        highest: UnsafeMutablePointer<Float>,
        totals: UnsafeMutablePointer<Float>
    ) {
        parallelFor(.attention, parts.count, inShares: true) { index, _ in
            let part = parts[index]
            let head = heads[part.head]
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
                head.queries,
                group,
                headSize,
                scale,
                part.queryStride,
                part.keyStride
            )
            guard mimo_pool_count_down(left + part.head) == 0 else { return }
            kernels.attention_join(
                head.output,
                sums + head.firstRow * headSize,
                highest + head.firstRow,
                totals + head.firstRow,
                head.parts,
                head.queries,
                group,
                headSize,
                head.outputStride
            )
        }
    }

    private func cut(_ sequences: [FewQueries]) -> Cut {
        var cut = Cut()
        let count = sequences.reduce(0) { $0 + Self.parts(of: $1.k.rows) }
        cut.parts.reserveCapacity(count * keyValueHeads)
        cut.heads.reserveCapacity(sequences.count * keyValueHeads)
        for sequence in sequences {
            let (q, k, v) = (sequence.q, sequence.k, sequence.v)
            precondition(q.columns == heads * headSize && k.heads == keyValueHeads && k.size == headSize)
            let length = Self.keysPerPart(of: k.rows)
            for head in 0..<keyValueHeads {
                let (firstRow, column) = (cut.rows, head * group * headSize)
                for start in Swift.stride(from: 0, to: k.rows, by: length) {
                    cut.parts.append(
                        Part(
                            head: cut.heads.count,
                            row: cut.rows,
                            q: UnsafePointer(q.pointer + column),
                            k: UnsafePointer(k.pointer(head) + start * k.stride),
                            v: UnsafePointer(v.pointer(head) + start * v.stride),
                            keys: min(length, k.rows - start),
                            lastSeen: k.rows - q.rows - start,
                            queryStride: q.stride,
                            keyStride: k.stride
                        )
                    )
                    cut.rows += group * q.rows
                }
                cut.heads.append(
                    Head(
                        output: sequence.output.pointer + column,
                        outputStride: sequence.output.stride,
                        queries: q.rows,
                        firstRow: firstRow,
                        parts: Self.parts(of: k.rows)
                    )
                )
            }
        }
        return cut
    }
}
