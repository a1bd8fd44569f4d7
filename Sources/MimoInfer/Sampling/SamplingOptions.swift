/// How the next token is chosen.
public struct SamplingOptions: Sendable, Codable, Equatable {
    /// What the logits are divided by; 0 takes the most likely token (greedy).
    public var temperature: Float
    /// How many of the best tokens are kept; 0 keeps all.
    public var topK: Int
    /// The probability that the best tokens kept sum to; 1 keeps all.
    public var topP: Float
    /// The share of the best token's probability below which tokens are dropped; 0 keeps all.
    public var minP: Float
    /// What makes tokens that have occurred less likely; 1 changes nothing.
    public var repetitionPenalty: Float
    /// Names the random numbers.
    public var seed: UInt64

    /// Sampling options; the defaults are Hugging Face's.
    public init(
        temperature: Float = 1,
        topK: Int = 50,
        topP: Float = 1,
        minP: Float = 0,
        repetitionPenalty: Float = 1,
        seed: UInt64 = 42
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.minP = minP
        self.repetitionPenalty = repetitionPenalty
        self.seed = seed
    }

    /// The most likely token each time.
    public static let greedy = SamplingOptions(temperature: 0)

    /// The steps that these options mean, in Hugging Face's order. Greedy choice only keeps the penalty: the
    /// others never change which candidate is best.
    ///
    /// - Throws: ``InferError/badOption(_:found:expected:)``.
    public func steps() throws -> [any SamplingStep] {
        guard temperature >= 0, temperature.isFinite else {
            throw InferError.badOption(
                "temperature",
                found: "\(temperature)",
                expected: "a number of at least 0"
            )
        }
        guard topK >= 0 else {
            throw InferError.badOption("top_k", found: "\(topK)", expected: "at least 1, or 0 for no limit")
        }
        let penalty = try RepetitionPenalty(repetitionPenalty)
        let truncation: [any SamplingStep] = [try TopP(topP), try MinP(minP)]
        var steps: [any SamplingStep] = repetitionPenalty == 1 ? [] : [penalty]
        guard temperature > 0 else { return steps }
        if temperature != 1 { steps.append(try Temperature(temperature)) }
        if topK > 0 { steps.append(try TopK(topK)) }
        return steps + truncation
    }

    /// Checks the options.
    ///
    /// - Throws: ``InferError/badOption(_:found:expected:)``.
    public func validate() throws {
        _ = try steps()
    }
}
