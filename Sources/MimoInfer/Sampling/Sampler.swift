public import MimoNumerics

/// Chooses one token after the other: steps that narrow the candidates down, then the best or a draw.
public struct Sampler: Sendable {
    private let steps: [any SamplingStep]
    private let isGreedy: Bool
    private let random: CounterRandom

    /// A sampler of its own for each sequence.
    ///
    /// - Parameters:
    ///   - options: How tokens are chosen.
    ///   - stream: Names the sequence among those of the seed.
    /// - Throws: ``InferError/badOption(_:found:expected:)``.
    public init(_ options: SamplingOptions, stream: UInt64 = 0) throws {
        steps = try options.steps()
        isGreedy = options.temperature == 0
        random = CounterRandom(seed: options.seed, stream: stream)
    }

    /// The next token.
    ///
    /// - Parameters:
    ///   - logits: The model's, `[1, V]`.
    ///   - history: The tokens so far, the prompt's included.
    ///   - index: How many tokens were chosen before: the place in the stream of random numbers.
    /// - Returns: The token; nil where the logits are not numbers.
    public func next(_ logits: Tensor, history: TokenHistory, index: Int) -> Int32? {
        guard let best = Argmax.place(in: logits) else { return nil }
        if isGreedy && steps.isEmpty { return Int32(best) }
        var candidates = Candidates(logits: logits.elements)
        for step in steps { step.apply(to: &candidates, history: history) }
        if isGreedy { return candidates.best.map { candidates.id(at: $0) } }
        return candidates.draw(random.uniform(index))
    }
}
