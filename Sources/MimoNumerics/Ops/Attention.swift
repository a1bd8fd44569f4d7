import CMimoKernels

/// Keys that a block of queries sees.
public struct KeySpan: Sendable, Equatable {
    /// Rows of the keys and values.
    public var keys: Range<Int>
    /// For the queries' own segment: the key that the block's first query sees last. nil: all are seen.
    public var lastSeenByFirstQuery: Int?

    /// A span seen wholly, or causally from `lastSeenByFirstQuery` on: query i sees up to that key plus i.
    public init(keys: Range<Int>, lastSeenByFirstQuery: Int? = nil) {
        self.keys = keys
        self.lastSeenByFirstQuery = lastSeenByFirstQuery
    }
}

/// A run of queries that see the same spans.
public struct QuerySpan: Sendable, Equatable {
    /// Rows of the queries.
    public var queries: Range<Int>
    /// What they see, in the order of positions.
    public var spans: [KeySpan]

    /// A run of queries and what it sees.
    public init(queries: Range<Int>, spans: [KeySpan]) {
        self.queries = queries
        self.spans = spans
    }
}

/// Grouped-query attention (Ainslie et al. 2023) in tiles with online softmax, forward and backward, after Dao,
/// "FlashAttention-2" (2023): no matrix of all queries by all keys is ever stored.
///
/// Shapes: q, output `[Tq, H · D]`; k, v Tk rows of Hkv heads, in training `[Tk, Hkv · D]`; lse, delta `[Tq, H]`.
public struct Attention: Sendable, BitwiseCopyable {
    /// Number of query heads H.
    public let heads: Int
    /// Number of key and value heads Hkv.
    public let keyValueHeads: Int
    /// Size of a head, D.
    public let headSize: Int

    private static let block = Int(MIMO_ATTENTION_BLOCK)

    /// Attention of this geometry, scaled by 1/√D.
    public init(heads: Int, keyValueHeads: Int, headSize: Int) {
        precondition(heads % keyValueHeads == 0)
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.headSize = headSize
    }

    var group: Int { heads / keyValueHeads }
    var scale: Float { 1 / Float(headSize).squareRoot() }

    /// Floats of scratch that a thread needs; `scratch` below has a row of them for each thread that may take part.
    public var scratchFloats: Int { mimo_attention_scratch(group, headSize) }

    /// Writes `output` and saves `lse`, the log of each query's softmax denominator, for the backward.
    public func forward(
        _ output: Tensor,
        lse: Tensor,
        q: Tensor,
        k: HeadRows,
        v: HeadRows,
        _ layout: [QuerySpan],
        scratch: Tensor
    ) {
        precondition(q.columns == heads * headSize && k.heads == keyValueHeads && v.heads == keyValueHeads)
        precondition(k.size == headSize && v.size == headSize && k.stride == v.stride)
        precondition(scratch.columns >= scratchFloats)
        let blocks = queryBlocks(layout)
        parallelFor(.attention, blocks.count * keyValueHeads, workers: scratch.rows) { task, worker in
            let (block, head) = (blocks[task / keyValueHeads], task % keyValueHeads)
            let (row, queryColumn) = (block.queries.lowerBound, head * group * headSize)
            block.ranges.withUnsafeBufferPointer { ranges in
                kernels.attention_forward(
                    output.pointer + row * output.stride + queryColumn,
                    lse.pointer + row * lse.stride + head * group,
                    scratch.pointer + worker * scratch.stride,
                    q.pointer + row * q.stride + queryColumn,
                    k.pointer(head),
                    v.pointer(head),
                    ranges.baseAddress,
                    ranges.count,
                    block.queries.count,
                    group,
                    headSize,
                    scale,
                    output.stride,
                    lse.stride,
                    q.stride,
                    k.stride
                )
            }
        }
    }

    /// Writes dq, dk, dv from `dOutput`; reads what forward took and made. Keys that no query sees get 0.
    ///
    /// `delta [Tq, H]` is scratch. Queries and keys are rows of one sequence of segments: `k` has a row per
    /// query of `q`, as in training.
    public func backward(
        dq: Tensor,
        dk: Tensor,
        dv: Tensor,
        delta: Tensor,
        dOutput: Tensor,
        output: Tensor,
        lse: Tensor,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        _ layout: [QuerySpan],
        scratch: Tensor
    ) {
        precondition(scratch.columns >= scratchFloats)
        precondition(dk.stride == dv.stride && k.stride == v.stride && delta.stride == lse.stride)
        parallelChunks(.attention, of: q.rows, grain: 64) { rows in
            let row = rows.lowerBound
            kernels.attention_delta(
                delta.pointer + row * delta.stride,
                output.pointer + row * output.stride,
                dOutput.pointer + row * dOutput.stride,
                rows.count,
                heads,
                headSize,
                delta.stride,
                output.stride,
                dOutput.stride
            )
        }
        let blocks = queryBlocks(layout)
        let keyBlocks = keyBlocks(layout, keys: k.rows)
        let queryTasks = blocks.count * keyValueHeads
        parallelFor(.attention, queryTasks + keyBlocks.count * keyValueHeads, workers: scratch.rows) {
            task,
            worker in
            let own = scratch.pointer + worker * scratch.stride
            if task < queryTasks {
                let (block, head) = (blocks[task / keyValueHeads], task % keyValueHeads)
                let (row, column) = (block.queries.lowerBound, head * group * headSize)
                block.ranges.withUnsafeBufferPointer { ranges in
                    kernels.attention_backward_q(
                        dq.pointer + row * dq.stride + column,
                        own,
                        lse.pointer + row * lse.stride + head * group,
                        delta.pointer + row * delta.stride + head * group,
                        dOutput.pointer + row * dOutput.stride + column,
                        q.pointer + row * q.stride + column,
                        k.pointer + head * headSize,
                        v.pointer + head * headSize,
                        ranges.baseAddress,
                        ranges.count,
                        block.queries.count,
                        group,
                        headSize,
                        scale,
                        dq.stride,
                        dOutput.stride,
                        lse.stride,
                        q.stride,
                        k.stride
                    )
                }
            } else {
                let task = task - queryTasks
                let (block, head) = (keyBlocks[task / keyValueHeads], task % keyValueHeads)
                let (row, column) = (block.keys.lowerBound, head * headSize)
                block.ranges.withUnsafeBufferPointer { ranges in
                    kernels.attention_backward_kv(
                        dk.pointer + row * dk.stride + column,
                        dv.pointer + row * dv.stride + column,
                        own,
                        lse.pointer + head * group,
                        delta.pointer + head * group,
                        dOutput.pointer + head * group * headSize,
                        q.pointer + head * group * headSize,
                        k.pointer + row * k.stride + column,
                        v.pointer + row * v.stride + column,
                        ranges.baseAddress,
                        ranges.count,
                        block.keys.count,
                        group,
                        headSize,
                        scale,
                        dk.stride,
                        dOutput.stride,
                        lse.stride,
                        q.stride,
                        k.stride
                    )
                }
            }
        }
    }

    private struct QueryBlock {
        var queries: Range<Int>
        var ranges: [mimo_key_range]
    }

    private struct KeyBlock {
        var keys: Range<Int>
        var ranges: [mimo_query_range]
    }

    /// An offset that lets every query of a block see every key of a range.
    private static let seesAll = 1 << 40

    private func queryBlocks(_ layout: [QuerySpan]) -> [QueryBlock] {
        layout.flatMap { span in
            Swift.stride(from: span.queries.lowerBound, to: span.queries.upperBound, by: Self.block).map {
                start in
                let queries = start..<min(start + Self.block, span.queries.upperBound)
                let skipped = start - span.queries.lowerBound
                let ranges = span.spans.map { keys in
                    mimo_key_range(
                        start: keys.keys.lowerBound,
                        count: keys.keys.count,
                        causal_offset: keys.lastSeenByFirstQuery.map { $0 - keys.keys.lowerBound + skipped }
                            ?? Self.seesAll
                    )
                }
                return QueryBlock(queries: queries, ranges: ranges)
            }
        }
    }

    private func keyBlocks(_ layout: [QuerySpan], keys: Int) -> [KeyBlock] {
        // Blocks are cut where spans begin, so that a block lies inside or outside each span.
        let cuts = Set(
            layout.flatMap(\.spans).flatMap { [$0.keys.lowerBound, $0.keys.upperBound] } + [0, keys]
        ).sorted()
        return zip(cuts, cuts.dropFirst()).flatMap { from, to in
            let seers = layout.flatMap { span in
                span.spans.filter { $0.keys.lowerBound <= from && $0.keys.upperBound >= to }.map {
                    (span.queries, $0)
                }
            }
            return Swift.stride(from: from, to: to, by: Self.block).map { start in
                let ranges = seers.compactMap { queries, span -> mimo_query_range? in
                    // Query i sees key j of the block iff j + start <= last + i.
                    let offset = span.lastSeenByFirstQuery.map { $0 - start } ?? Self.seesAll
                    let skipped = max(0, -offset) / Self.block * Self.block
                    guard skipped < queries.count else { return nil }
                    return mimo_query_range(
                        start: queries.lowerBound + skipped,
                        count: queries.count - skipped,
                        causal_offset: offset + (span.lastSeenByFirstQuery == nil ? 0 : skipped)
                    )
                }
                return KeyBlock(keys: start..<min(start + Self.block, to), ranges: ranges)
            }
        }
    }
}
