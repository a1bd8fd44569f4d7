import MimoNumerics

/// What one pass over a pack found.
public struct PassResult: Sendable, Equatable {
    /// Sum of `weight · cross entropy` over the targets, in nats.
    public var weightedLoss = 0.0
    /// Number of targets.
    public var targets = 0
    /// How many targets had the largest logit.
    public var correct = 0

    /// Nothing found.
    public init() {}

    /// Adds what another pass found.
    public mutating func add(_ other: PassResult) {
        weightedLoss += other.weightedLoss
        targets += other.targets
        correct += other.correct
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
    /// Rows of logits at a time: no `[tokens, vocabulary]` matrix exists. Whole register tiles of any kernel.
    private static let headRows = 252

    private let decoder: Decoder
    /// How many of the lowest blocks keep only their input and run forward again in the backward
    /// (Chen et al. 2016, "Training deep nets with sublinear memory cost").
    public var recomputedBlocks: Int
    /// The share of each label that training spreads over the vocabulary.
    public var labelSmoothing: Float = 0
    /// Noise on the embeddings in training; nil for none.
    public var embeddingNoise: EmbeddingNoise?
    private let gemm = Gemm()
    private let kept: Arena
    private let stream: Arena
    private let scratch: Arena

    /// A pass over this model, whose updates' gradients it accumulates.
    ///
    /// - Parameters:
    ///   - decoder: The model.
    ///   - recomputedBlocks: See ``recomputedBlocks``.
    ///   - footprint: Memory that is taken now; more is taken when it is needed.
    public init(_ decoder: Decoder, recomputedBlocks: Int = 0, reserving footprint: PassFootprint? = nil) {
        self.decoder = decoder
        self.recomputedBlocks = recomputedBlocks
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

    /// Scores the pack's targets and accumulates the gradient of `Σ weight · CE / normalizer`.
    ///
    /// - Parameters:
    ///   - pack: At least one token; targets may be none, which does nothing.
    ///   - normalizer: Number of targets of the whole optimizer step; nil only scores, without a backward.
    ///   - dropout: The step's key and the share that is dropped; nil for none.
    /// - Returns: The pack's share of the step's loss, before the normalizer.
    public func run(
        _ pack: TrainingPack,
        normalizer: Double?,
        dropout: (key: UInt64, probability: Float)? = nil
    )
        -> PassResult
    {
        guard !pack.targets.isEmpty else { return PassResult() }
        let wanted = Self.distinct(pack.targets.map(\.token))
        let context = context(for: pack, dropout: normalizer == nil ? nil : dropout)
        let lowest = normalizer == nil ? nil : decoder.lowestTrainedLayer
        let last = decoder.blocks.count - 1
        var inputs = [stream.tensor(rows: pack.ids.count, columns: decoder.config.hiddenSize)]
        var activations: [KeptBlock?] = []
        decoder.embedding.gatherRows(pack.ids, into: inputs[0])
        if normalizer != nil, let embeddingNoise { embeddingNoise.add(to: inputs[0], of: pack) }
        for block in decoder.blocks {
            let isLast = block.index == last
            let context = isLast ? context.wanting(wanted, pack: pack.layout) : context
            let output = stream.tensor(
                rows: isLast ? wanted.count : inputs[0].rows,
                columns: inputs[0].columns
            )
            let mark = kept.mark
            let saved = run(block, output, inputs[block.index], context)
            let isKept = lowest.map { block.index >= max($0, recomputedBlocks) } ?? false
            if !isKept { kept.release(to: mark) }
            activations.append(isKept ? KeptBlock(activations: saved, begin: mark) : nil)
            inputs.append(output)
        }
        let dOutput = stream.tensor(rows: wanted.count, columns: inputs[0].columns)
        let result = scoreTargets(
            pack,
            wanted: wanted,
            hidden: inputs[last + 1],
            dHidden: dOutput,
            normalizer
        )
        if let lowest {
            let dInput = backward(from: dOutput, lowest: lowest, inputs: inputs, activations: activations) {
                index in
                index == last ? context.wanting(wanted, pack: pack.layout) : context
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

    private func run(_ block: DecoderBlock, _ output: Tensor, _ input: Tensor, _ context: BlockContext)
        -> BlockActivations
    {
        block.forward(output, input, context) { attended, lse, q, k, v in
            let layout = context.wanted == nil ? context.layout : context.wantedLayout
            context.memory.withScratch(of: block.attention) { scratch in
                block.attention.forward(attended, lse: lse, q: q, k: k, v: v, layout, scratch: scratch)
            }
        }
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
            let block = activations[index] ?? runAgain(index, input: inputs[index], like: dOutput, context)
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

    /// Forward of a block whose activations were not kept.
    private func runAgain(_ index: Int, input: Tensor, like dOutput: Tensor, _ context: BlockContext)
        -> KeptBlock
    {
        let mark = scratch.mark
        defer { scratch.release(to: mark) }
        let begin = kept.mark
        let output = scratch.tensor(rows: dOutput.rows, columns: dOutput.columns)
        return KeptBlock(activations: run(decoder.blocks[index], output, input, context), begin: begin)
    }

    /// Loss and, with a normalizer, the gradient of the last block's output, `[W, C]`, written to `dHidden`.
    private func scoreTargets(
        _ pack: TrainingPack,
        wanted: [Int],
        hidden: Tensor,
        dHidden: Tensor,
        _ normalizer: Double?
    ) -> PassResult {
        let mark = scratch.mark
        defer { scratch.release(to: mark) }
        let width = hidden.columns
        let normed = scratch.tensor(rows: hidden.rows, columns: width)
        let rstd = scratch.tensor(rows: 1, columns: hidden.rows)
        let epsilon = decoder.config.rmsNormEpsilon
        decoder.finalNorm.forward(normed, rstd: rstd, hidden, epsilon: epsilon)
        let dNormed = scratch.tensor(rows: hidden.rows, columns: width)
        dNormed.fill(0)
        let places = Self.places(of: pack.targets.map(\.token), in: wanted)
        var result = PassResult()
        for start in stride(from: 0, to: pack.targets.count, by: Self.headRows) {
            let chunk = start..<min(start + Self.headRows, pack.targets.count)
            let inner = scratch.mark
            let rows = scratch.tensor(rows: chunk.count, columns: width)
            let logits = scratch.tensor(rows: chunk.count, columns: decoder.head.rows)
            Elementwise.gatherRows(rows, from: normed, Array(places[chunk]))
            gemm.multiply([Product(logits, [.forward(rows, decoder.head)])])
            let targets = pack.targets[chunk]
            let losses = CrossEntropy.forwardBackward(
                logits,
                labels: targets.map(\.label),
                weights: normalizer.map { n in targets.map { Float(Double($0.weight) / n) } },
                smoothing: normalizer == nil ? 0 : labelSmoothing
            )
            for (target, loss) in zip(targets, losses) {
                result.weightedLoss += Double(target.weight) * loss.loss
                result.targets += 1
                result.correct += loss.isCorrect ? 1 : 0
            }
            if normalizer != nil {
                if let gradient = decoder.headGradient {
                    gemm.multiply([Product(gradient, [.weightGradient(logits, rows)])], accumulate: true)
                }
                gemm.multiply([Product(rows, [.backward(logits, decoder.head)])])
                Elementwise.scatterAddRows(dNormed, from: rows, Array(places[chunk]))
            }
            scratch.release(to: inner)
        }
        if normalizer != nil {
            decoder.finalNorm.backward(dHidden, rstd: rstd, dOutput: dNormed, hidden, accumulate: false)
        }
        return result
    }

    private static func distinct(_ rising: [Int]) -> [Int] {
        rising.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    private static func places(of tokens: [Int], in distinct: [Int]) -> [Int] {
        var place = 0
        return tokens.map { token in
            while distinct[place] < token { place += 1 }
            return place
        }
    }
}
