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

    let decoder: Decoder
    private let gemm = Gemm()
    private let kept = Arena()
    private let scratch = Arena()

    /// A pass over this model with its updates.
    public init(_ decoder: Decoder) {
        self.decoder = decoder
    }

    /// The most bytes that the runs so far have held at a time, beside caches and logits.
    var heldBytes: Int { kept.peakByteCount + scratch.peakByteCount + gemm.byteCount }

    /// Appends tokens to sequences and returns logits.
    ///
    /// - Parameters:
    ///   - sequences: Each sequence's cache and its next tokens, at least one.
    ///   - logits: Which rows to return.
    /// - Returns: `[rows, V]`, the sequences' rows one after the other, in memory of its own.
    public func run(_ sequences: [(cache: KeyValueCache, ids: [Int32])], logits: Logits = .last) -> Tensor {
        let ids = sequences.flatMap(\.ids)
        let hidden = hidden(sequences, ids: ids)
        defer {
            kept.reset()
            scratch.reset()
        }
        var wanted = hidden
        if logits == .last {
            var end = 0
            let last = sequences.map { sequence in
                end += sequence.ids.count
                return end - 1
            }
            wanted = scratch.tensor(rows: last.count, columns: hidden.columns)
            Elementwise.gatherRows(wanted, from: hidden, last)
        }
        let out = Tensor(rows: wanted.rows, columns: decoder.head.rows)
        gemm.multiply([Product(out, [.forward(wanted, decoder.head)])])
        return out
    }

    /// The normed output of the last block, `[T, C]`, valid until the arenas are reset.
    private func hidden(_ sequences: [(cache: KeyValueCache, ids: [Int32])], ids: [Int32]) -> Tensor {
        let positions = sequences.flatMap { sequence in
            sequence.ids.indices.map { sequence.cache.count + $0 }
        }
        let context = BlockContext(
            layout: [],
            rotary: RotaryTable(positions: positions, frequencies: decoder.frequencies),
            dropout: nil,
            memory: PassMemory(gemm: gemm, kept: kept, scratch: scratch)
        )
        for sequence in sequences { sequence.cache.reserve(sequence.ids.count) }
        var stream = (0..<2).map { _ in scratch.tensor(rows: ids.count, columns: decoder.config.hiddenSize) }
        decoder.embedding.gatherRows(ids, into: stream[0])
        for block in decoder.blocks {
            let mark = kept.mark
            _ = block.forward(stream[1], stream[0], context) { output, lse, q, k, v in
                attend(block, sequences, output: output, lse: lse, q: q, k: k, v: v)
            }
            kept.release(to: mark)
            stream.swapAt(0, 1)
        }
        for sequence in sequences { sequence.cache.advance(by: sequence.ids.count) }
        let rstd = scratch.tensor(rows: 1, columns: ids.count)
        decoder.finalNorm.forward(stream[1], rstd: rstd, stream[0], epsilon: decoder.config.rmsNormEpsilon)
        return stream[1]
    }

    private func attend(
        _ block: DecoderBlock,
        _ sequences: [(cache: KeyValueCache, ids: [Int32])],
        output: Tensor,
        lse: Tensor,
        q: Tensor,
        k: Tensor,
        v: Tensor
    ) {
        var start = 0
        var few: [Attention.FewQueries] = []
        for sequence in sequences {
            let rows = start..<start + sequence.ids.count
            start = rows.upperBound
            let cache = sequence.cache
            cache.write(layer: block.index, keys: k.rows(rows), values: v.rows(rows))
            let keys = 0..<cache.count + rows.count
            guard rows.count > Attention.fewQueries else {
                few.append(
                    Attention.FewQueries(
                        output: output.rows(rows),
                        q: q.rows(rows),
                        k: cache.keys[block.index].rows(keys),
                        v: cache.values[block.index].rows(keys)
                    )
                )
                continue
            }
            let span = KeySpan(keys: keys, lastSeenByFirstQuery: cache.count)
            PassMemory(gemm: gemm, kept: kept, scratch: scratch).withScratch(of: block.attention) { scratch in
                block.attention.forward(
                    output.rows(rows),
                    lse: lse.rows(rows),
                    q: q.rows(rows),
                    k: cache.keys[block.index],
                    v: cache.values[block.index],
                    [QuerySpan(queries: 0..<rows.count, spans: [span])],
                    scratch: scratch
                )
            }
        }
        let mark = scratch.mark
        block.attention.forward(
            few,
            scratch: scratch.tensor(rows: 1, columns: block.attention.scratchFloats(for: few))
        )
        scratch.release(to: mark)
    }
}
