/// How an answer is generated.
public struct GenerationOptions: Sendable, Codable, Equatable {
    /// How each token is chosen.
    public var sampling: SamplingOptions
    /// The longest answer in tokens; nil for as much as the model's context takes.
    public var maxNewTokens: Int?
    /// Texts at which the answer ends; they are not part of it.
    public var stopWords: [String]
    /// Whether the stop word that ended the answer stays in it, as in ms-swift.
    public var keepsStopWord: Bool
    /// Whether the log-probability of each token is reported.
    public var reportsLogProbabilities: Bool
    /// How many of the most likely tokens are reported beside each token.
    public var topLogProbabilities: Int

    /// Generation options.
    public init(
        sampling: SamplingOptions = SamplingOptions(),
        maxNewTokens: Int? = nil,
        stopWords: [String] = [],
        keepsStopWord: Bool = false,
        reportsLogProbabilities: Bool = false,
        topLogProbabilities: Int = 0
    ) {
        self.sampling = sampling
        self.maxNewTokens = maxNewTokens
        self.stopWords = stopWords
        self.keepsStopWord = keepsStopWord
        self.reportsLogProbabilities = reportsLogProbabilities
        self.topLogProbabilities = topLogProbabilities
    }

    /// Checks the options.
    ///
    /// - Throws: ``InferError/badOption(_:found:expected:)``.
    public func validate() throws {
        try sampling.validate()
        if let maxNewTokens, maxNewTokens < 1 {
            throw InferError.badOption("max_new_tokens", found: "\(maxNewTokens)", expected: "at least 1")
        }
        if stopWords.contains(where: \.isEmpty) {
            throw InferError.badOption("stop_words", found: "an empty text", expected: "texts to stop at")
        }
        if topLogProbabilities < 0 {
            throw InferError.badOption(
                "top_logprobs",
                found: "\(topLogProbabilities)",
                expected: "at least 0"
            )
        }
    }
}
