import MimoNumerics

extension DecoderBlock {
    /// The mirror of ``forward(_:_:_:attend:)``: accumulates the gradients of what is trained
    /// in the block and turns the gradient of its output into that of its input.
    ///
    /// Reads all of `saved`; overwrites its `gate` and `up`.
    ///
    /// - Parameters:
    ///   - dInput: Written, `[T, C]`; nil where nobody asks: below the lowest block with an update, if none
    ///     of its norms is trained.
    ///   - dOutput: Gradient of the output, `[W, C]`; overwritten.
    ///   - saved: What forward kept.
    ///   - context: As in forward.
    func backward(_ dInput: Tensor?, dOutput: Tensor, _ saved: BlockActivations, _ context: BlockContext) {
        let arena = context.memory.scratch
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let needsAttention = dInput != nil || attentionInputs.isTrained || attentionOutput.isTrained
        feedForwardBackward(dOutput, saved, context, needsInput: needsAttention)
        // dOutput is now the gradient of the residual stream after attention.
        guard needsAttention else { return }
        attentionBackward(dInput, dMiddle: dOutput, saved, context)
    }

    private func feedForwardBackward(
        _ dOutput: Tensor,
        _ saved: BlockActivations,
        _ context: BlockContext,
        needsInput: Bool
    ) {
        let memory = context.memory
        let arena = memory.scratch
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let dropout = context.wanted == nil ? context.dropout : context.wantedDropout
        let (rows, hidden) = (saved.middle.rows, saved.middle.columns)
        // Down's input is not kept: it is formed again from gate and up.
        let activation = arena.tensor(rows: rows, columns: saved.gate.columns)
        let dActivation = arena.tensor(rows: rows, columns: saved.gate.columns)
        SwiGLU.forward(activation, gate: saved.gate, up: saved.up)
        feedForwardOutput.backward(
            dActivation,
            dOutputs: [dOutput],
            activation,
            saved: saved.savedFeedForwardOutput,
            dropout: dropout,
            memory: memory
        )
        guard needsInput || feedForwardInputs.isTrained else { return }
        SwiGLU.backwardInPlace(gate: saved.gate, up: saved.up, dOutput: dActivation)
        let normed = arena.tensor(rows: rows, columns: hidden)
        let dNormed = needsInput ? arena.tensor(rows: rows, columns: hidden) : nil
        postAttentionNorm.forward(normed, rstd: saved.middleRstd, saved.middle, epsilon: epsilon)
        feedForwardInputs.backward(
            dNormed,
            dOutputs: [saved.gate, saved.up],
            normed,
            saved: saved.savedFeedForwardInputs,
            dropout: dropout,
            memory: memory
        )
        guard let dNormed else { return }
        postAttentionNorm.backward(
            dOutput,
            rstd: saved.middleRstd,
            dOutput: dNormed,
            saved.middle,
            accumulate: true
        )
    }

    private func attentionBackward(
        _ dInput: Tensor?,
        dMiddle: Tensor,
        _ saved: BlockActivations,
        _ context: BlockContext
    ) {
        let memory = context.memory
        let arena = memory.scratch
        let dropout = context.wanted == nil ? context.dropout : context.wantedDropout
        let (tokens, hidden, wanted) = (saved.input.rows, saved.input.columns, saved.middle.rows)
        let needsQKV = dInput != nil || attentionInputs.isTrained
        let dAttention = needsQKV ? arena.tensor(rows: wanted, columns: saved.attention.columns) : nil
        attentionOutput.backward(
            dAttention,
            dOutputs: [dMiddle],
            saved.attention,
            saved: saved.savedAttentionOutput,
            dropout: dropout,
            memory: memory
        )
        guard let dAttention else { return }
        let dq = arena.tensor(rows: wanted, columns: saved.q.columns)
        let dk = arena.tensor(rows: tokens, columns: saved.k.columns)
        let dv = arena.tensor(rows: tokens, columns: saved.v.columns)
        memory.withScratch(of: attention) { scratch in
            attention.backward(
                dq: dq,
                dk: dk,
                dv: dv,
                delta: arena.tensor(rows: wanted, columns: attention.heads),
                dOutput: dAttention,
                output: saved.attention,
                lse: saved.lse,
                q: saved.q,
                k: saved.k,
                v: saved.v,
                context.wanted == nil ? context.layout : context.wantedLayout,
                scratch: scratch
            )
        }
        let queryRotary = context.wantedRotary ?? context.rotary
        RotaryEmbedding.backward(dq, cosines: queryRotary.cosines, sines: queryRotary.sines)
        RotaryEmbedding.backward(dk, cosines: context.rotary.cosines, sines: context.rotary.sines)
        if let norms = saved.headNorms, let queryNorm, let keyNorm {
            queryNorm.backward(dq, rstd: norms.qRstd, dOutput: dq, norms.q, accumulate: false)
            keyNorm.backward(dk, rstd: norms.kRstd, dOutput: dk, norms.k, accumulate: false)
        }

        let normed = arena.tensor(rows: tokens, columns: hidden)
        let dNormed = dInput == nil ? nil : arena.tensor(rows: tokens, columns: hidden)
        inputNorm.forward(normed, rstd: saved.inputRstd, saved.input, epsilon: epsilon)
        guard let rows = context.wanted else {
            attentionInputs.backward(
                dNormed,
                dOutputs: [dq, dk, dv],
                normed,
                saved: saved.savedAttentionInputs,
                dropout: dropout,
                memory: memory
            )
            guard let dInput, let dNormed else { return }
            dInput.copy(from: dMiddle)
            inputNorm.backward(
                dInput,
                rstd: saved.inputRstd,
                dOutput: dNormed,
                saved.input,
                accumulate: true
            )
            return
        }
        let some = arena.tensor(rows: wanted, columns: hidden)
        let dSome = dInput == nil ? nil : arena.tensor(rows: wanted, columns: hidden)
        Elementwise.gatherRows(some, from: normed, rows)
        queries.backward(
            dSome,
            dOutputs: [dq],
            some,
            saved: Array(saved.savedAttentionInputs[..<1]),
            dropout: dropout,
            memory: memory
        )
        keyValues.backward(
            dNormed,
            dOutputs: [dk, dv],
            normed,
            saved: Array(saved.savedAttentionInputs[1...]),
            dropout: context.dropout,
            memory: memory
        )
        guard let dInput, let dNormed, let dSome else { return }
        Elementwise.scatterAddRows(dNormed, from: dSome, rows)
        inputNorm.backward(
            dInput,
            rstd: saved.inputRstd,
            dOutput: dNormed,
            saved.input,
            accumulate: false
        )
        Elementwise.scatterAddRows(dInput, from: dMiddle, rows)
    }
}
