/// A policy that splits a learned text and weighs its parts.
public protocol LossScaleStrategy: Sendable {
    /// The name in `--loss_scale`.
    var name: String { get }

    /// Whether its weights are only ever 0 and 1.
    var isBinary: Bool { get }

    /// The text cut into parts that give the text when joined; empty texts may give none.
    ///
    /// - Parameters:
    ///   - text: the text of a learned segment, or a part of one.
    ///   - query: the user's text that the segment answers, where there is one.
    /// - Returns: the parts in order.
    func split(_ text: String, query: String?) -> [ScaledPart]
}

/// A part of a text and its weight.
public struct ScaledPart: Sendable, Equatable {
    /// The part.
    public var text: String
    /// What the weight of the whole is multiplied with.
    public var weight: Double
    /// What gave the weight; nil where the strategy leaves the part alone.
    public var rule: String?

    /// A part.
    public init(_ text: String, weight: Double, rule: String?) {
        self.text = text
        self.weight = weight
        self.rule = rule
    }
}

/// All strategies.
enum LossScaleStrategies {
    static let all: [any LossScaleStrategy] = [
        IgnoreEmptyThink(), IgnoreThinkPrefix(), HermesLossScale(), KeywordLossScale.react,
        KeywordLossScale.qwen,
        KeywordLossScale.alphaUMi, AgentFlanLossScale(),
    ]
}
