/// One step from the model's logits to the next token: it changes scores or drops candidates.
///
/// The steps are those of Hugging Face's generation, in its order: repetition penalty, temperature, top-k,
/// top-p, min-p.
public protocol SamplingStep: Sendable {
    /// Applies the step.
    ///
    /// - Parameters:
    ///   - candidates: What the steps before left; never left empty.
    ///   - history: The tokens so far, the prompt's included.
    func apply(to candidates: inout Candidates, history: TokenHistory)
}

/// Which tokens a sequence has had.
public struct TokenHistory: Sendable {
    /// The ids, each once, in the order of their first occurrence.
    public private(set) var distinct: [Int32] = []
    private var seen: Set<Int32> = []

    /// The history of some tokens.
    public init(_ ids: some Sequence<Int32> = []) {
        for id in ids { append(id) }
    }

    /// Adds a token.
    public mutating func append(_ id: Int32) {
        if seen.insert(id).inserted { distinct.append(id) }
    }

    /// Whether the token has occurred.
    public func contains(_ id: Int32) -> Bool { seen.contains(id) }
}
