public import MimoText

/// How much each piece of a conversation counts in the loss (`--loss_scale`).
///
/// A base says which segments count at all; strategies then split those and weigh the parts, each splitting
/// what the one before it left, weights multiplied. A message's own `loss` beats the base, its own
/// `loss_scale` beats the strategies.
public struct LossScale: Sendable {
    /// Which segments count.
    public enum Base: String, Sendable, CaseIterable {
        /// Every response, and the final suffix.
        case `default`
        /// Only what follows the last message of a user or tool.
        case lastRound = "last_round"
        /// Everything.
        case all
    }

    /// Which segments count.
    public let base: Base
    /// What splits and weighs them, in order.
    public let strategies: [any LossScaleStrategy]

    /// A loss scale of these parts.
    public init(base: Base = .default, strategies: [any LossScaleStrategy] = []) {
        self.base = base
        self.strategies = strategies
    }

    /// Reads `BASE[+STRATEGY…]` or `STRATEGY[+STRATEGY…]`, which stands on the default base.
    ///
    /// - Throws: ``DataError/unknownLossScale(_:known:)``.
    public init(_ specification: String) throws {
        var names = specification.split(separator: "+", omittingEmptySubsequences: false).map(String.init)
        var base = Base.default
        if let first = names.first, let named = Base(rawValue: first) {
            base = named
            names.removeFirst()
        }
        let known = LossScaleStrategies.all
        self.init(
            base: base,
            strategies: try names.filter { $0 != "base" }.map { name in
                guard let strategy = known.first(where: { $0.name == name }) else {
                    throw DataError.unknownLossScale(
                        name,
                        known: Base.allCases.map(\.rawValue) + known.map(\.name)
                    )
                }
                return strategy
            }
        )
    }

    /// The loss scale as `--loss_scale` takes it.
    public var specification: String {
        ([base.rawValue] + strategies.map(\.name)).joined(separator: "+")
    }

    /// This loss scale as a template wants it: those that mark answers without thinking leave the mark out.
    public func completed(for template: any ChatTemplate) -> LossScale {
        let name = IgnoreEmptyThink().name
        guard template.isHybridThinking, !strategies.contains(where: { $0.name == name }) else { return self }
        return LossScale(base: base, strategies: strategies + [IgnoreEmptyThink()])
    }

    /// Whether weights are only ever 0 and 1, so that labels say it all.
    public var isBinary: Bool { strategies.allSatisfy(\.isBinary) }

    /// The segments, split where weights change inside of them.
    public func weighed(_ segments: [Segment]) -> [WeightedSegment] {
        segments.flatMap(weighed)
    }

    private func weighed(_ segment: Segment) -> [WeightedSegment] {
        guard counts(segment) else {
            return [
                WeightedSegment(
                    segment,
                    weight: 0,
                    rule: segment.loss == false ? "loss: false" : "not a response"
                )
            ]
        }
        if let weight = segment.lossScale {
            return [WeightedSegment(segment, weight: weight, rule: "loss_scale")]
        }
        guard let text = segment.text else {
            return [WeightedSegment(segment, weight: 1, rule: base.rawValue)]
        }
        var parts = [ScaledPart(text, weight: 1, rule: nil)]
        for strategy in strategies {
            parts = parts.flatMap { part in
                strategy.split(part.text, query: segment.query).map { inner in
                    ScaledPart(inner.text, weight: part.weight * inner.weight, rule: inner.rule ?? part.rule)
                }
            }
        }
        var position = 0
        return parts.map { part in
            let range = position..<(position + part.text.utf8.count)
            position = range.upperBound
            var piece = segment
            piece.content = .text(part.text)
            piece.ownWords = segment.ownWords.compactMap { words in
                let common = words.clamped(to: range)
                return common.isEmpty
                    ? nil : common.lowerBound - range.lowerBound..<common.upperBound - range.lowerBound
            }
            piece.suppliedBytes = min(max(0, segment.suppliedBytes - range.lowerBound), range.count)
            return WeightedSegment(piece, weight: part.weight, rule: part.rule ?? base.rawValue)
        }
    }

    private func counts(_ segment: Segment) -> Bool {
        if let loss = segment.loss { return loss }
        let isAnswer = segment.kind == .response || segment.kind == .suffix
        return switch base {
        case .all: true
        case .default: isAnswer
        case .lastRound: isAnswer && segment.isInLastRound
        }
    }
}

/// A segment with its weight in the loss.
public struct WeightedSegment: Sendable {
    /// The segment, or the part of one that has this weight.
    public var segment: Segment
    /// 0: not learned; 1: learned; else learned that much more or less.
    public var weight: Double
    /// What gave it this weight, for people to read.
    public var rule: String

    /// A weighted segment.
    public init(_ segment: Segment, weight: Double, rule: String) {
        self.segment = segment
        self.weight = weight
        self.rule = rule
    }
}
