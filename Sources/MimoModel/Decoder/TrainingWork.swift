import MimoNumerics

/// Floating-point operations of training on a pack; a multiplication and its addition are two.
///
/// Only products are counted: those with the model's weights, of attention, and of the low-rank updates. What is
/// computed a second time, to save memory or in attention's backward, is no useful work and counts once.
public struct TrainingWork: Sendable, Equatable {
    /// Products with the blocks' weights, forward and backward.
    public var blocks = 0.0
    /// Scores and sums of attention, forward and backward.
    public var attention = 0.0
    /// The output head, forward and backward.
    public var head = 0.0
    /// The low-rank updates, with their gradients.
    public var updates = 0.0

    /// All of it.
    public var total: Double { blocks + attention + head + updates }

    /// Nothing.
    public init() {}

    /// What a pass over this pack computes: nothing that the loss does not need.
    ///
    /// - Parameters:
    ///   - pack: The pack.
    ///   - decoder: The model, with what is trained.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    public init(of pack: TrainingPack, by decoder: Decoder, predicts: Bool = false) {
        guard !pack.targets.isEmpty else { return }
        let wanted = pack.targets.map(\.token).reduce(into: [Int]()) { if $0.last != $1 { $0.append($1) } }
        let last = decoder.blocks.count - 1
        let all = Self.pairs(pack.layout.attention)
        for block in decoder.blocks {
            let isLast = block.index == last && !predicts
            add(
                block,
                tokens: pack.ids.count,
                wanted: isLast ? wanted.count : pack.ids.count,
                pairs: isLast ? Self.pairs(pack.layout.attention(of: wanted)) : all,
                lowest: decoder.lowestTrainedLayer
            )
        }
        addHead(decoder, targets: pack.targets.count)
        guard predicts, let layer = decoder.prediction else { return }
        let ahead = PredictionPack(of: pack)
        let places = ahead.targets.map(\.token)
        add(
            layer,
            decoder,
            tokens: ahead.tokens.count,
            places,
            pairs: Self.pairs(ahead.layout.attention(of: places))
        )
    }

    /// What the same rows cost a trainer that leaves nothing out: every token of every row through every layer
    /// and the head, forward, and the gradient of every linear's input.
    ///
    /// - Parameters:
    ///   - rows: The rows' tokens.
    ///   - decoder: The model, with what is trained.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    public init(withoutSkipping rows: [Int], by decoder: Decoder, predicts: Bool = false) {
        let tokens = rows.reduce(0, +)
        let pairs = rows.reduce(0.0) { $0 + Double($1) * Double($1 + 1) / 2 }
        for block in decoder.blocks {
            add(block, tokens: tokens, wanted: tokens, pairs: pairs, lowest: -1)
        }
        addHead(decoder, targets: tokens)
        guard predicts, let layer = decoder.prediction else { return }
        add(layer, decoder, tokens: tokens, Array(0..<tokens), pairs: pairs)
    }

    /// Adds other work.
    public mutating func add(_ other: TrainingWork) {
        blocks += other.blocks
        attention += other.attention
        head += other.head
        updates += other.updates
    }

    private mutating func add(_ block: DecoderBlock, tokens: Int, wanted: Int, pairs: Double, lowest: Int?) {
        for name in DecoderLinear.allCases {
            let linear = block[name]
            let readsAll = name == .key || name == .value
            let rows = Double(readsAll ? tokens : wanted)
            let (inputs, outputs) = (Double(linear.weight.columns), Double(linear.weight.rows))
            // Below the lowest adapter nobody asks for a gradient; at it, only what leads to its updates.
            let hasGradient = lowest.map { block.index >= $0 } ?? false
            let isBottom = name == .query || readsAll
            let needsInput = hasGradient && !(isBottom && block.index == lowest)
            let products = 1 + (needsInput ? 1 : 0) + (linear.weightGradient == nil ? 0 : 1)
            blocks += 2 * rows * inputs * outputs * Double(products)
            guard let rank = linear.update.map({ Double($0.rank) }) else { continue }
            let forward = 2 * rows * rank * (inputs + outputs)
            // g = dY·B and dB read the outputs' side, dA and dX the inputs'.
            updates +=
                forward + 2 * rows * rank * (2 * outputs + (needsInput ? 2 : 1) * inputs)
        }
        let width = Double(block.attention.heads * block.attention.headSize)
        let hasGradient = lowest.map { block.index >= $0 } ?? false
        // Two products a pair forward; four backward: dP, dV, dQ, dK.
        attention += 2 * pairs * width * (hasGradient ? 6 : 2)
    }

    /// The layer for multi-token prediction; its targets stand at rising places.
    private mutating func add(
        _ layer: MultiTokenPrediction,
        _ decoder: Decoder,
        tokens: Int,
        _ targets: [Int],
        pairs: Double
    ) {
        let weight = layer.projection.weight
        let products = layer.projection.isTrained ? 3 : 2
        blocks += 2 * Double(tokens) * Double(weight.rows * weight.columns) * Double(products)
        add(layer.block, tokens: tokens, wanted: targets.count, pairs: pairs, lowest: -1)
        addHead(decoder, targets: targets.count)
    }

    private mutating func addHead(_ decoder: Decoder, targets: Int) {
        let products = decoder.headGradient == nil ? 2 : 3
        head += 2 * Double(products * targets) * Double(decoder.head.rows * decoder.head.columns)
    }

    /// How many pairs of query and key the spans hold.
    private static func pairs(_ spans: [QuerySpan]) -> Double {
        spans.reduce(0) { sum, span in
            let queries = Double(span.queries.count)
            return span.spans.reduce(sum) { sum, keys in
                guard let seen = keys.lastSeenByFirstQuery else {
                    return sum + queries * Double(keys.keys.count)
                }
                let first = Double(seen - keys.keys.lowerBound + 1)
                return sum + queries * first + queries * (queries - 1) / 2
            }
        }
    }
}
