import MimoNumerics

extension TrainingPass {
    /// Runs the layer for multi-token prediction forward and, with a divisor, backward.
    ///
    /// It is trained as in MiMo's pre-training: on what follows the next token, which is given, and through the state
    /// the whole model with it. The first embedding is not zeroed.
    ///
    /// - Parameters:
    ///   - pack: What the layer runs over.
    ///   - layer: The layer.
    ///   - states: The model's states after its final norm, of all tokens of the pack, `[T, C]`.
    ///   - dStates: Their gradient, added to; nil where nobody asks.
    ///   - divisor: What each weighted cross entropy is divided by in the step's loss; nil only scores.
    /// - Returns: The score, undivided.
    func predict(
        _ pack: PredictionPack,
        _ layer: MultiTokenPrediction,
        states: Tensor,
        dStates: Tensor?,
        divisor: Double?
    ) -> TargetScore {
        guard !pack.targets.isEmpty else { return TargetScore() }
        let marks = (kept.mark, scratch.mark, stream.mark)
        defer {
            kept.release(to: marks.0)
            scratch.release(to: marks.1)
            stream.release(to: marks.2)
        }
        let (tokens, width, epsilon) = (pack.tokens.count, states.columns, layer.block.epsilon)
        let memory = PassMemory(gemm: gemm, kept: kept, scratch: scratch)
        let own = stream.tensor(rows: tokens, columns: width)
        let embedded = stream.tensor(rows: tokens, columns: width)
        let joined = stream.tensor(rows: tokens, columns: 2 * width)
        let hiddenRstd = stream.tensor(rows: 1, columns: tokens)
        let tokenRstd = stream.tensor(rows: 1, columns: tokens)
        let input = stream.tensor(rows: tokens, columns: width)
        Elementwise.gatherRows(own, from: states, pack.tokens)
        decoder.embedding.gatherRows(pack.nextIDs, into: embedded)
        layer.project(
            input,
            joined: joined,
            hiddenRstd: hiddenRstd,
            tokenRstd: tokenRstd,
            states: own,
            embedded: embedded,
            memory: memory
        )

        let places = pack.targets.map(\.token)
        let context = BlockContext(
            layout: pack.layout.attention,
            rotary: RotaryTable(positions: pack.layout.positions, frequencies: decoder.frequencies),
            dropout: nil,
            memory: memory
        ).wanting(places, pack: pack.layout)
        let output = stream.tensor(rows: places.count, columns: width)
        let saved = layer.block.forward(output, input, context)
        let normed = stream.tensor(rows: places.count, columns: width)
        let rstd = stream.tensor(rows: 1, columns: places.count)
        layer.finalNorm.forward(normed, rstd: rstd, output, epsilon: epsilon)
        let isAsked = divisor != nil && (dStates != nil || layer.isTrained)
        let dNormed = isAsked ? stream.tensor(rows: places.count, columns: width) : nil
        dNormed?.fill(0)
        let score = score(
            pack.targets,
            at: Array(places.indices),
            normed: normed,
            dNormed: dNormed,
            divisor: divisor
        )
        guard let dNormed else { return score }

        let dOutput = stream.tensor(rows: places.count, columns: width)
        layer.finalNorm.backward(dOutput, rstd: rstd, dOutput: dNormed, output, accumulate: false)
        let dInput = stream.tensor(rows: tokens, columns: width)
        layer.block.backward(dInput, dOutput: dOutput, saved, context)
        let dJoined = stream.tensor(rows: tokens, columns: 2 * width)
        layer.inputs.backward(dJoined, dOutputs: [dInput], joined, saved: [nil], dropout: nil, memory: memory)
        // Both halves' gradients are turned in place into those of the norms' inputs.
        let (left, right) = (dJoined.columns(0..<width), dJoined.columns(width..<2 * width))
        layer.hiddenNorm.backward(left, rstd: hiddenRstd, dOutput: left, own, accumulate: false)
        layer.tokenNorm.backward(right, rstd: tokenRstd, dOutput: right, embedded, accumulate: false)
        if let dStates { Elementwise.scatterAddRows(dStates, from: left, pack.tokens) }
        if let gradient = decoder.embeddingGradient {
            Elementwise.scatterAddRows(gradient, from: right, pack.nextIDs.map { Int($0) })
        }
        return score
    }
}
