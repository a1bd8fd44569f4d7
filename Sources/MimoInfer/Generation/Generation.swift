/// Why an answer ended.
public enum FinishReason: String, Sendable, Codable {
    /// The model ended it, or a stop word did.
    case stop
    /// It reached its greatest length or the end of the model's context.
    case length
    /// Someone stopped it.
    case cancelled
}

/// What is to be answered.
public struct GenerationRequest: Sendable {
    /// The tokens to continue.
    public var prompt: [Int32]
    /// Text at the prompt's end that belongs to the answer, such as an opened `<think>`.
    public var answerPrefix: String
    /// How the answer is generated.
    public var options: GenerationOptions
    /// Names the request's random numbers among those of the seed: a row's number, a turn's number.
    public var stream: UInt64

    /// A request.
    public init(
        prompt: [Int32],
        answerPrefix: String = "",
        options: GenerationOptions = GenerationOptions(),
        stream: UInt64 = 0
    ) {
        self.prompt = prompt
        self.answerPrefix = answerPrefix
        self.options = options
        self.stream = stream
    }
}

/// A finished answer.
public struct Generation: Sendable, Equatable {
    /// The generated tokens; the one that ended the answer is the last.
    public var ids: [Int32]
    /// The answer's text, without what ended it; empty where there is no tokenizer.
    public var text: String
    /// Why it ended.
    public var finishReason: FinishReason
    /// One entry per token, where they were asked for.
    public var logProbabilities: [TokenLogProbability]?
    /// Number of tokens of the prompt.
    public var promptTokens: Int
    /// How many of the prompt's tokens were taken from an earlier request.
    public var reusedTokens: Int
    /// What became of the drafts; nil where nothing was drafted with.
    public var drafts: DraftCount?
}
