import MimoNumerics

/// What one pass over a pack found.
public struct PassResult: Sendable, Equatable {
    /// How the model's own targets were scored.
    public var main = TargetScore()
    /// How those of the layer for multi-token prediction were, where its loss is on.
    public var prediction = TargetScore()

    /// Nothing found.
    public init() {}

    /// Adds what another pass found.
    public mutating func add(_ other: PassResult) {
        main.add(other.main)
        prediction.add(other.prediction)
    }
}

/// A block's activations, and where they begin in the memory that keeps them.
private struct KeptBlock {
    let activations: BlockActivations
    let begin: Arena.Mark
}

/// Forward and backward over packs, in memory that is reused from pack to pack.
///
/// Only what the loss needs is computed: no gradient of frozen weights or below the lowest trained one; the last
/// block's queries, feed-forward and the head only for tokens that are scored.
public final class TrainingPass {
    let decoder: Decoder
    /// How many of the lowest blocks keep only their input and run forward again in the backward
    /// (Chen et al. 2016, "Training deep nets with sublinear memory cost").
    public var recomputedBlocks: Int
    /// The share of each label that the loss spreads over the vocabulary, in scoring as in training: transformers
    /// evaluates with it too.
    public var labelSmoothing: Float = 0
    /// Noise on the embeddings in training; nil for none.
    public var embeddingNoise: EmbeddingNoise?
    /// The part of the loss of multi-token prediction in the loss; 0 leaves the layer out. With it the model must
    /// have the layer, and the rows of a pack share nothing.
    public var predictionWeight = 0.0
    let gemm = Gemm()
    private let weights: WeightStream
    let kept: Arena
    let stream: Arena
    let scratch: Arena

    /// A pass over this model, whose updates' gradients it accumulates.
    ///
    /// - Parameters:
    ///   - decoder: The model.
    ///   - recomputedBlocks: See ``recomputedBlocks``.
    ///   - streamedBlocks: The mapped weights of so many blocks are in memory only around their use, see
    ///     ``Decoder/streamedBytes(_:)``.
    ///   - footprint: Memory that is taken now; more is taken when it is needed.
    public init(
        _ decoder: Decoder,
        recomputedBlocks: Int = 0,
        streamedBlocks: Int = 0,
        reserving footprint: PassFootprint? = nil
    ) {
        self.decoder = decoder
        self.recomputedBlocks = recomputedBlocks
        weights = WeightStream(decoder, blocks: streamedBlocks)
        kept = Arena(reserving: footprint?.kept ?? 0)
        stream = Arena(reserving: footprint?.stream ?? 0)
        scratch = Arena(reserving: footprint?.scratch ?? 0)
    }

    /// The most that the passes so far have held at a time.
    public var footprint: PassFootprint {
        PassFootprint(
            kept: kept.peakByteCount,
            stream: stream.peakByteCount,
            scratch: scratch.peakByteCount,
            products: gemm.byteCount
        )
    }

    /// Scores the pack's targets and accumulates the gradient of `Σ weight · CE / normalizer`, and of the same sum
    /// over the targets of multi-token prediction, times its weight.
    ///
    /// - Parameters:
    ///   - pack: At least one token; targets may be none, which does nothing.
    ///   - normalizer: Number of targets of the whole optimizer step; nil only scores, without a backward.
    ///   - predictionNormalizer: The same of the layer for multi-token prediction.
    ///   - dropout: The step's key and the share that is dropped; nil for none.
    /// - Returns: The pack's share of the step's losses, before the normalizers.
    public func run(
        _ pack: TrainingPack,
        normalizer: Double?,
        predictionNormalizer: Double = 1,
        dropout: (key: UInt64, probability: Float)? = nil
    )
        -> PassResult
    {
        guard !pack.targets.isEmpty else { return PassResult() }
        let predicts = predictionWeight > 0 && decoder.prediction != nil
        // The prediction layer's keys and values read the states of all tokens.
        let wanted = predicts ? nil : Self.distinct(pack.targets.map(\.token))
        let context = context(for: pack, dropout: normalizer == nil ? nil : dropout)
        let lowest = normalizer == nil ? nil : decoder.lowestTrainedLayer
        let last = decoder.blocks.count - 1
        let lastContext = wanted.map { context.wanting($0, pack: pack.layout) } ?? context
        let lastRows = wanted?.count ?? pack.ids.count
        var inputs = [stream.tensor(rows: pack.ids.count, columns: decoder.config.hiddenSize)]
        var activations: [KeptBlock?] = []
        decoder.embedding.gatherRows(pack.ids, into: inputs[0])
        if normalizer != nil, let embeddingNoise { embeddingNoise.add(to: inputs[0], of: pack) }
        for block in decoder.blocks {
            weights.willUseGoingUp(block.index)
            let isLast = block.index == last
            let output = stream.tensor(rows: isLast ? lastRows : inputs[0].rows, columns: inputs[0].columns)
            let mark = kept.mark
            let saved = block.forward(output, inputs[block.index], isLast ? lastContext : context)
            let isKept = lowest.map { block.index >= max($0, recomputedBlocks) } ?? false
            if !isKept { kept.release(to: mark) }
            activations.append(isKept ? KeptBlock(activations: saved, begin: mark) : nil)
            inputs.append(output)
        }
        let dOutput = stream.tensor(rows: lastRows, columns: inputs[0].columns)
        let result = scoreTargets(
            pack,
            wanted: wanted,
            hidden: inputs[last + 1],
            dHidden: dOutput,
            normalizer: normalizer,
            predictionNormalizer: predicts ? predictionNormalizer : nil
        )
        if let lowest {
            let dInput = backward(from: dOutput, lowest: lowest, inputs: inputs, activations: activations) {
                index in
                index == last ? lastContext : context
            }
            if let gradient = decoder.embeddingGradient {
                Elementwise.scatterAddRows(gradient, from: dInput, pack.ids.map { Int($0) })
            }
        }
        for arena in [kept, stream, scratch] { arena.reset() }
        return result
    }

    private func context(for pack: TrainingPack, dropout: (key: UInt64, probability: Float)?) -> BlockContext
    {
        BlockContext(
            layout: pack.layout.attention,
            rotary: RotaryTable(positions: pack.layout.positions, frequencies: decoder.frequencies),
            dropout: dropout.flatMap {
                $0.probability > 0
                    ? DropoutPlan(key: $0.key, probability: $0.probability, tokens: pack.tokenKeys) : nil
            },
            memory: PassMemory(gemm: gemm, kept: kept, scratch: scratch)
        )
    }

    /// Goes back through the blocks down to the lowest that is needed.
    ///
    /// - Returns: The gradient of that block's input, where somebody asks for it.
    private func backward(
        from dOutput: Tensor,
        lowest: Int,
        inputs: [Tensor],
        activations: [KeptBlock?],
        context: (Int) -> BlockContext
    ) -> Tensor {
        let asksForLowest = decoder.embeddingGradient != nil || decoder.blocks[lowest].trainsNorms
        // The gradient alternates between two matrices; the last block's has only the wanted rows.
        let gradients = [0, 1].map { _ in stream.tensor(rows: inputs[0].rows, columns: inputs[0].columns) }
        var dOutput = dOutput
        for index in stride(from: decoder.blocks.count - 1, through: lowest, by: -1) {
            let context = context(index)
            let dInput = gradients[index % 2]
            weights.willUseGoingDown(index, lowest: lowest)
            let block = activations[index] ?? runAgain(index, input: inputs[index], context)
            decoder.blocks[index].backward(
                index > lowest || asksForLowest ? dInput : nil,
                dOutput: dOutput,
                block.activations,
                context
            )
            // What is kept is a stack: the block above has gone before.
            kept.release(to: block.begin)
            dOutput = dInput
        }
        return dOutput
    }

    /// Forward of a block whose activations were not kept, as far as its backward needs it.
    private func runAgain(_ index: Int, input: Tensor, _ context: BlockContext) -> KeptBlock {
        let begin = kept.mark
        return KeptBlock(activations: decoder.blocks[index].forward(nil, input, context), begin: begin)
    }

    /// The losses and, with a normalizer, the gradient of the last block's output, `[W, C]`, written to `dHidden`.
    ///
    /// - Parameters:
    ///   - pack: The pack.
    ///   - wanted: The tokens of the rows of `hidden`; nil: all of them.
    ///   - hidden: The last block's output, `[W, C]`.
    ///   - dHidden: Its gradient.
    ///   - normalizer: As in ``run(_:normalizer:predictionNormalizer:dropout:)``.
    ///   - predictionNormalizer: The same; nil leaves the layer for multi-token prediction out.
    /// - Returns: What was found.
    private func scoreTargets(
        _ pack: TrainingPack,
        wanted: [Int]?,
        hidden: Tensor,
        dHidden: Tensor,
        normalizer: Double?,
        predictionNormalizer: Double?
    ) -> PassResult {
        let mark = scratch.mark
        defer { scratch.release(to: mark) }
        let normed = scratch.tensor(rows: hidden.rows, columns: hidden.columns)
        let rstd = scratch.tensor(rows: 1, columns: hidden.rows)
        let epsilon = decoder.config.rmsNormEpsilon
        decoder.finalNorm.forward(normed, rstd: rstd, hidden, epsilon: epsilon)
        let isAsked = decoder.lowestTrainedLayer != nil || decoder.finalNorm.gradient != nil
        let dNormed =
            normalizer != nil && isAsked ? scratch.tensor(rows: hidden.rows, columns: hidden.columns) : nil
        dNormed?.fill(0)
        let tokens = pack.targets.map(\.token)
        var result = PassResult()
        result.main = score(
            pack.targets,
            at: wanted.map { Self.places(of: tokens, in: $0) } ?? tokens,
            normed: normed,
            dNormed: dNormed,
            divisor: normalizer
        )
        if let layer = decoder.prediction, let predictionNormalizer {
            result.prediction = predict(
                PredictionPack(of: pack),
                layer,
                states: normed,
                dStates: dNormed,
                divisor: normalizer.map { _ in predictionNormalizer / predictionWeight }
            )
        }
        if let dNormed {
            decoder.finalNorm.backward(dHidden, rstd: rstd, dOutput: dNormed, hidden, accumulate: false)
        }
        return result
    }
}
