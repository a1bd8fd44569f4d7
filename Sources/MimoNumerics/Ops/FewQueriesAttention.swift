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

    /// A key head of a sequence with the queries that look at it, as addresses, see ``RegionTasks``. Its keys are cut
    /// into parts, whose results are joined when all are done.
    private struct Head {
        let output: UnsafeMutablePointer<Float>
        let q: UnsafePointer<Float>
        let k: UnsafePointer<Float>
        let v: UnsafePointer<Float>
        let outputStride: Int
        let queryStride: Int
        let keyStride: Int
        let queries: Int
        let keys: Int
        let keysPerPart: Int
        let parts: Int
        /// The first of its parts, and where its rows begin, among those of all heads.
        let firstPart: Int
        let firstRow: Int

        /// The keys of some of its parts, counted from its first one.
        func keys(ofParts parts: Range<Int>) -> Range<Int> {
            parts.lowerBound * keysPerPart..<min(keys, parts.upperBound * keysPerPart)
        }
    }

    /// The parts of all heads, in the order in which their keys lie. A task takes several that follow each other: short
    /// streams are read more slowly.
    private struct Parts: RegionTasks {
        let heads: UnsafeBufferPointer<Head>
        /// Of each head, the parts that are not done.
        let left: UnsafeMutablePointer<Int32>
        let sums: UnsafeMutablePointer<Float>
        let highest: UnsafeMutablePointer<Float>
        let totals: UnsafeMutablePointer<Float>
        let attention: Attention
        let stream: StreamCut

        /// How many parts there are.
        private var count: Int { heads.last.map { $0.firstPart + $0.parts } ?? 0 }

        static let body: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
            runTasks(Self.self, $0, $1)
        }

        func run(_ task: Int) {
            var rest = stream.items(of: task, count: count)
            while !rest.isEmpty {
                let place = head(ofPart: rest.lowerBound)
                let head = heads[place]
                let parts = rest.clamped(to: head.firstPart..<head.firstPart + head.parts)
                run(parts.lowerBound - head.firstPart..<parts.upperBound - head.firstPart, of: head)
                if mimo_pool_count_down(left + place, Int32(parts.count)) == 0 { join(head) }
                rest = parts.upperBound..<rest.upperBound
            }
        }

        private func run(_ parts: Range<Int>, of head: Head) {
            let (group, headSize) = (attention.group, attention.headSize)
            let keys = head.keys(ofParts: parts)
            let row = head.firstRow + parts.lowerBound * group * head.queries
            kernels.attention_few(
                sums + row * headSize,
                highest + row,
                totals + row,
                head.q,
                head.k + keys.lowerBound * head.keyStride,
                head.v + keys.lowerBound * head.keyStride,
                keys.count,
                head.keysPerPart,
                head.keys - head.queries - keys.lowerBound,
                head.queries,
                group,
                headSize,
                attention.scale,
                head.queryStride,
                head.keyStride
            )
        }

        /// Whoever finishes a head's last part joins them: many of their sums are in its own cache.
        private func join(_ head: Head) {
            kernels.attention_join(
                head.output,
                sums + head.firstRow * attention.headSize,
                highest + head.firstRow,
                totals + head.firstRow,
                head.parts,
                head.queries,
                attention.group,
                attention.headSize,
                head.outputStride
            )
        }

        /// The head that one of all parts belongs to.
        private func head(ofPart part: Int) -> Int {
            var (low, high) = (0, heads.count)
            while high - low > 1 {
                let middle = (low + high) / 2
                if heads[middle].firstPart <= part { low = middle } else { high = middle }
            }
            return low
        }
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
    public func forward(_ sequences: [FewQueries], scratch: Tensor) {
        let cut = heads(of: sequences)
        precondition(scratch.rows == 1 && scratch.columns >= cut.rows * (headSize + 2))
        let sums = scratch.pointer
        let highest = sums + cut.rows * headSize
        let totals = highest + cut.rows
        let keys = sequences.reduce(0) { $0 + $1.k.rows }
        let stream = StreamCut(
            bytes: 2 * keys * keyValueHeads * headSize * MemoryLayout<Float>.size,
            threads: RegionClock.sharers
        )
        var left = cut.heads.map { Int32($0.parts) }
        withExtendedLifetime((sequences, scratch)) {
            left.withUnsafeMutableBufferPointer { left in
                guard let left = left.baseAddress else { return }
                cut.heads.withUnsafeBufferPointer { heads in
                    let parts = Parts(
                        heads: heads,
                        left: left,
                        sums: sums,
                        highest: highest,
                        totals: totals,
                        attention: self,
                        stream: stream
                    )
                    parallelFor(.attention, stream.tasks, parts)
                }
            }
        }
    }

    /// The key heads of all sequences, and how many rows their parts have together.
    private func heads(of sequences: [FewQueries]) -> (heads: [Head], rows: Int) {
        var found: [Head] = []
        found.reserveCapacity(sequences.count * keyValueHeads)
        var (parts, rows) = (0, 0)
        for sequence in sequences {
            let (output, q, k, v) = (sequence.output, sequence.q, sequence.k, sequence.v)
            precondition(q.columns == heads * headSize && k.heads == keyValueHeads && k.size == headSize)
            for head in 0..<keyValueHeads {
                let column = head * group * headSize
                found.append(
                    Head(
                        output: output.pointer + column,
                        q: UnsafePointer(q.pointer + column),
                        k: UnsafePointer(k.pointer(head)),
                        v: UnsafePointer(v.pointer(head)),
                        outputStride: output.stride,
                        queryStride: q.stride,
                        keyStride: k.stride,
                        queries: q.rows,
                        keys: k.rows,
                        keysPerPart: Self.keysPerPart(of: k.rows),
                        parts: Self.parts(of: k.rows),
                        firstPart: parts,
                        firstRow: rows
                    )
                )
                parts += Self.parts(of: k.rows)
                rows += Self.parts(of: k.rows) * group * q.rows
            }
        }
        return (found, rows)
    }
}
