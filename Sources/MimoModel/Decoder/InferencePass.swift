public import MimoNumerics

/// Forward passes for generation: prompts and single tokens of one or more sequences at once, each with a cache
/// of its own.
public final class InferencePass {
    /// Which tokens' logits are wanted.
    public enum Logits: Sendable {
        /// One row per sequence.
        case last
        /// One row per token.
        case all
    }

    /// What a pass found.
    public struct Output: Sendable {
        /// Logits of the tokens that were to be scored, `[rows, V]`, sequence after sequence.
        public let logits: Tensor
        /// The states of all tokens after the final norm, `[T, C]`; nil where nobody asked.
        public let states: Tensor?
    }

    /// The tokens of one sequence whose keys and values a block adds to its cache.
    struct CachedRows {
        let cache: KeyValueCache
        let added: Int
        /// How many of the last of them have queries.
        let queries: Int
    }

    /// The model's shape.
    public var config: ModelConfig { decoder.config }

    let decoder: Decoder
    let gemm = Gemm()
    let kept = Arena()
    let scratch = Arena()

    /// A pass over this model with its updates.
    public init(_ decoder: Decoder) {
        self.decoder = decoder
    }

    var memory: PassMemory { PassMemory(gemm: gemm, kept: kept, scratch: scratch) }

    /// The most bytes that the runs so far have held at a time, beside caches and logits.
    var heldBytes: Int { kept.peakByteCount + scratch.peakByteCount + gemm.byteCount }

    /// Appends tokens to sequences and returns logits.
    ///
    /// - Parameters:
    ///   - sequences: Each sequence's cache and its next tokens, at least one.
    ///   - logits: Which rows to return.
    /// - Returns: `[rows, V]`, the sequences' rows one after the other, in memory of its own.
    public func run(_ sequences: [(cache: KeyValueCache, ids: [Int32])], logits: Logits = .last) -> Tensor {
        run(sequences, scoring: sequences.map { logits == .last ? 1 : $0.ids.count }).logits
    }

    /// Appends tokens to sequences and returns logits of the last of each.
    ///
    /// - Parameters:
    ///   - sequences: Each sequence's cache and its next tokens, at least one.
    ///   - counts: How many of each sequence's last tokens are scored.
    ///   - returnsStates: Whether the states are returned, for ``predict(_:)``.
    /// - Returns: What was found, in memory of its own.
    public func run(
        _ sequences: [(cache: KeyValueCache, ids: [Int32])],
        scoring counts: [Int],
        returnsStates: Bool = false
    ) -> Output {
        let ids = sequences.flatMap(\.ids)
        let hidden = hidden(sequences, ids: ids)
        defer {
            kept.reset()
            scratch.reset()
        }
        var wanted = hidden
        if counts.reduce(0, +) < ids.count {
            var end = 0
            let last = zip(sequences, counts).flatMap { sequence, count in
                end += sequence.ids.count
                return Array(end - count..<end)
            }
            wanted = scratch.tensor(rows: last.count, columns: hidden.columns)
            Elementwise.gatherRows(wanted, from: hidden, last)
        }
        let out = logits(of: wanted)
        let states = returnsStates ? Tensor(undefinedRows: hidden.rows, columns: hidden.columns) : nil
        states?.copy(from: hidden)
        return Output(logits: out, states: states)
    }

    /// The normed output of the last block, `[T, C]`, valid until the arenas are reset.
    private func hidden(_ sequences: [(cache: KeyValueCache, ids: [Int32])], ids: [Int32]) -> Tensor {
        let context = context(sequences.map { (cache: $0.cache, added: $0.ids.count) })
        let rows = sequences.map { CachedRows(cache: $0.cache, added: $0.ids.count, queries: $0.ids.count) }
        for sequence in sequences { sequence.cache.reserve(sequence.ids.count) }
        var stream = (0..<2).map { _ in scratch.tensor(rows: ids.count, columns: decoder.config.hiddenSize) }
        decoder.embedding.gatherRows(ids, into: stream[0])
        for block in decoder.blocks {
            let mark = kept.mark
            forward(block, stream[1], stream[0], context, rows)
            kept.release(to: mark)
            stream.swapAt(0, 1)
        }
        for sequence in sequences { sequence.cache.advance(by: sequence.ids.count) }
        let rstd = scratch.tensor(rows: 1, columns: ids.count)
        decoder.finalNorm.forward(stream[1], rstd: rstd, stream[0], epsilon: decoder.config.rmsNormEpsilon)
        return stream[1]
    }

    /// Runs a block whose queries see what the caches hold, and its own keys and values behind that.
    ///
    /// - Parameters:
    ///   - block: The block; its index is its layer in the caches.
    ///   - output: Written, `[W, C]`.
    ///   - input: `[T, C]`
    ///   - context: What the pass knows about the tokens.
    ///   - sequences: The sequences that they belong to, one behind the other.
    func forward(
        _ block: DecoderBlock,
        _ output: Tensor,
        _ input: Tensor,
        _ context: BlockContext,
        _ sequences: [CachedRows]
    ) {
        _ = block.forward(output, input, context) { output, lse, q, k, v in
            attend(block, sequences, output: output, lse: lse, q: q, k: k, v: v)
        }
    }

    /// Logits of states after the final norm, `[rows, V]`, in memory of their own.
    func logits(of states: Tensor) -> Tensor {
        let out = Tensor(undefinedRows: states.rows, columns: decoder.head.rows)
        gemm.multiply([out], states, by: [decoder.head])
        return out
    }

    /// What a pass knows about the tokens that are added to caches.
    func context(_ sequences: [(cache: KeyValueCache, added: Int)]) -> BlockContext {
        let positions = sequences.flatMap { sequence in
            (0..<sequence.added).map { sequence.cache.count + $0 }
        }
        return BlockContext(
            layout: [],
            rotary: RotaryTable(positions: positions, frequencies: decoder.frequencies),
            dropout: nil,
            memory: memory
        )
    }

    /// Adds keys and values to the caches, and lets the queries see all up to their own.
    private func attend(
        _ block: DecoderBlock,
        _ sequences: [CachedRows],
        output: Tensor,
        lse: Tensor,
        q: Tensor,
        k: Tensor,
        v: Tensor
    ) {
        let (attention, layer) = (block.attention, block.index)
        var (firstKey, firstQuery) = (0, 0)
        var few: [Attention.FewQueries] = []
        for sequence in sequences {
            let added = firstKey..<firstKey + sequence.added
            let rows = firstQuery..<firstQuery + sequence.queries
            (firstKey, firstQuery) = (added.upperBound, rows.upperBound)
            let cache = sequence.cache
            cache.write(layer: layer, keys: k.rows(added), values: v.rows(added))
            let keys = 0..<cache.count + added.count
            guard rows.count > Attention.fewQueries else {
                guard !rows.isEmpty else { continue }
                few.append(
                    Attention.FewQueries(
                        output: output.rows(rows),
                        q: q.rows(rows),
                        k: cache.layers[layer].keys.rows(keys),
                        v: cache.layers[layer].values.rows(keys)
                    )
                )
                continue
            }
            let span = KeySpan(keys: keys, lastSeenByFirstQuery: keys.upperBound - rows.count)
            memory.withScratch(of: attention) { scratch in
                attention.forward(
                    output.rows(rows),
                    lse: lse.rows(rows),
                    q: q.rows(rows),
                    k: cache.layers[layer].keys,
                    v: cache.layers[layer].values,
                    [QuerySpan(queries: 0..<rows.count, spans: [span])],
                    scratch: scratch
                )
            }
        }
        let mark = scratch.mark
        attention.forward(
            few,
            scratch: scratch.tensor(rows: 1, columns: attention.scratchFloats(for: few))
        )
        scratch.release(to: mark)
    }
}
