import MimoNumerics

extension DecoderBlock {
    /// `(output [W, H · D], lse [W, H], q [W, H · D], k [T, Hkv · D], v [T, Hkv · D])`
    typealias Attend = (_ output: Tensor, _ lse: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor) -> Void

    /// Runs the block.
    ///
    /// - Parameters:
    ///   - output: Written, `[W, C]`; nil where only what the backward needs is wanted, which spares down's product.
    ///   - input: The residual stream, `[T, C]`; kept by reference.
    ///   - context: What the pass knows about the tokens.
    ///   - attend: Writes the attention's output and log-sum-exp from rotated queries, rotated keys and values;
    ///     generation puts its cache in between.
    /// - Returns: What the backward needs; in generation nobody keeps it.
    func forward(_ output: Tensor?, _ input: Tensor, _ context: BlockContext, attend: Attend)
        -> BlockActivations
    {
        let memory = context.memory
        let (kept, scratch) = (memory.kept, memory.scratch)
        let mark = scratch.mark
        defer { scratch.release(to: mark) }
        let tokens = input.rows
        let wanted = context.wanted?.count ?? tokens
        let hidden = input.columns
        let q = kept.tensor(rows: wanted, columns: attentionInputs.outputs(0))
        let keys = kept.tensor(rows: tokens, columns: attentionInputs.outputs(1))
        let values = kept.tensor(rows: tokens, columns: attentionInputs.outputs(2))
        let inputRstd = kept.tensor(rows: 1, columns: tokens)
        let attentionRows = kept.tensor(rows: wanted, columns: q.columns)
        let lse = kept.tensor(rows: wanted, columns: attention.heads)
        let middle = kept.tensor(rows: wanted, columns: hidden)
        let middleRstd = kept.tensor(rows: 1, columns: wanted)
        let gate = kept.tensor(rows: wanted, columns: feedForwardInputs.outputs(0))
        let up = kept.tensor(rows: wanted, columns: feedForwardInputs.outputs(1))
        let normed = scratch.tensor(rows: tokens, columns: hidden)

        inputNorm.forward(normed, rstd: inputRstd, input, epsilon: epsilon)
        let savedAttentionInputs: LinearGroup.Saved
        if let rows = context.wanted {
            let some = scratch.tensor(rows: wanted, columns: hidden)
            Elementwise.gatherRows(some, from: normed, rows)
            let savedKeyValues = keyValues.forward(
                [keys, values],
                normed,
                dropout: context.dropout,
                memory: memory
            )
            let savedQueries = queries.forward(
                [q],
                some,
                dropout: context.wantedDropout,
                memory: memory
            )
            savedAttentionInputs = savedQueries + savedKeyValues
            Elementwise.gatherRows(middle, from: input, rows)
        } else {
            savedAttentionInputs = attentionInputs.forward(
                [q, keys, values],
                normed,
                dropout: context.dropout,
                memory: memory
            )
            middle.copy(from: input)
        }
        let headNorms = normalizeHeads(q: q, k: keys, kept: kept)
        let queryRotary = context.wantedRotary ?? context.rotary
        RotaryEmbedding.forward(q, cosines: queryRotary.cosines, sines: queryRotary.sines)
        RotaryEmbedding.forward(keys, cosines: context.rotary.cosines, sines: context.rotary.sines)
        attend(attentionRows, lse, q, keys, values)

        let dropout = context.wanted == nil ? context.dropout : context.wantedDropout
        let savedAttentionOutput = attentionOutput.forward(
            [middle],
            attentionRows,
            dropout: dropout,
            accumulate: true,
            memory: memory
        )
        let normedMiddle = normed.rows(0..<wanted)
        postAttentionNorm.forward(normedMiddle, rstd: middleRstd, middle, epsilon: epsilon)
        let savedFeedForwardInputs = feedForwardInputs.forward(
            [gate, up],
            normedMiddle,
            dropout: dropout,
            memory: memory
        )
        let activation = scratch.tensor(rows: wanted, columns: gate.columns)
        SwiGLU.forward(activation, gate: gate, up: up)
        let savedFeedForwardOutput: LinearGroup.Saved
        if let output {
            output.copy(from: middle)
            savedFeedForwardOutput = feedForwardOutput.forward(
                [output],
                activation,
                dropout: dropout,
                accumulate: true,
                memory: memory
            )
        } else {
            savedFeedForwardOutput = feedForwardOutput.save(activation, dropout: dropout, memory: memory)
        }
        return BlockActivations(
            input: input,
            inputRstd: inputRstd,
            q: q,
            k: keys,
            v: values,
            headNorms: headNorms,
            attention: attentionRows,
            lse: lse,
            middle: middle,
            middleRstd: middleRstd,
            gate: gate,
            up: up,
            savedAttentionInputs: savedAttentionInputs,
            savedAttentionOutput: savedAttentionOutput,
            savedFeedForwardInputs: savedFeedForwardInputs,
            savedFeedForwardOutput: savedFeedForwardOutput
        )
    }

    /// Runs the block where what a query sees stands in the context.
    func forward(_ output: Tensor?, _ input: Tensor, _ context: BlockContext) -> BlockActivations {
        forward(output, input, context) { attended, lse, q, k, v in
            let layout = context.wanted == nil ? context.layout : context.wantedLayout
            let heads = attention.keyValueHeads
            let (k, v) = (HeadRows(k, heads: heads), HeadRows(v, heads: heads))
            context.memory.withScratch(of: attention) { scratch in
                attention.forward(attended, lse: lse, q: q, k: k, v: v, layout, scratch: scratch)
            }
        }
    }

    /// Normalises each head of the queries and keys in place (Qwen3), keeping what they were.
    private func normalizeHeads(q: Tensor, k: Tensor, kept: Arena) -> HeadNormActivations? {
        guard let queryNorm, let keyNorm else { return nil }
        let size = attention.headSize
        func normalize(_ x: Tensor, _ norm: NormWeight) -> (Tensor, Tensor) {
            let before = kept.tensor(rows: x.rows, columns: x.columns)
            before.copy(from: x)
            let rstd = kept.tensor(rows: 1, columns: x.rows * (x.columns / size))
            norm.forward(x, rstd: rstd, before, epsilon: epsilon)
            return (before, rstd)
        }
        let (qHeads, qRstd) = normalize(q, queryNorm)
        let (kHeads, kRstd) = normalize(k, keyNorm)
        return HeadNormActivations(q: qHeads, k: kHeads, qRstd: qRstd, kRstd: kRstd)
    }
}
