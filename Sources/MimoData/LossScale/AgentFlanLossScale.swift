internal import MimoFiles

/// `agentflan`: keywords as in ReAct, and whole answers to queries that ask for a tool or its parameters.
public struct AgentFlanLossScale: LossScaleStrategy {
    /// The name.
    public let name = "agentflan"
    /// Whether the weights are only ever 0 and 1.
    public let isBinary = false

    /// The strategy.
    public init() {}

    /// The text cut into parts with a weight each.
    public func split(_ text: String, query: String?) -> [ScaledPart] {
        if let query, let key = Self.queries.first(where: { query.utf8Contains($0) }) {
            return [ScaledPart(text, weight: 3, rule: "\(name): the query says \"\(key)\"")]
        }
        return KeywordLossScale.agentFlan.split(text, query: query)
    }

    private static let queries = [
        "What is the tool you want to use",
        "What are the required parameter names",
        "What is the value of",
        "What are the required parameter names for this tool",
    ]
}
