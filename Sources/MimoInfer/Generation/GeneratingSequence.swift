internal import MimoModel
internal import MimoText

/// A request that is being answered.
struct GeneratingSequence {
    let number: Int
    let request: GenerationRequest
    /// The longest answer in tokens.
    let limit: Int
    /// Number of the prompt's tokens that the cache held from an earlier request.
    let reusedTokens: Int
    private(set) var prompt: PromptCache
    private(set) var ids: [Int32] = []
    private var sampler: Sampler
    private var history: TokenHistory
    private var answer: AnswerText
    private var logProbabilities: [TokenLogProbability] = []

    init(
        number: Int,
        request: GenerationRequest,
        limit: Int,
        prompt: PromptCache,
        tokenizer: Tokenizer?,
        stopWords: [String]
    ) throws {
        self.number = number
        self.request = request
        self.limit = limit
        self.prompt = prompt
        reusedTokens = self.prompt.prepare(for: request.prompt)
        sampler = try Sampler(request.options.sampling, stream: request.stream)
        history = TokenHistory(request.prompt)
        answer = AnswerText(
            tokenizer: tokenizer,
            stopWords: stopWords,
            keepsStopWord: request.options.keepsStopWord
        )
    }

    /// How many of the prompt's tokens are still to be read.
    var unread: Int { max(0, request.prompt.count - prompt.ids.count) }

    /// The next tokens for the model: a part of the prompt, or the token chosen last.
    func next(atMost budget: Int) -> ArraySlice<Int32> {
        unread > 0
            ? request.prompt[prompt.ids.count..<prompt.ids.count + min(unread, budget)]
            : ids[(ids.count - 1)...]
    }

    /// Counts tokens that the model has read.
    mutating func read(_ tokens: ArraySlice<Int32>) {
        prompt.append(tokens)
    }

    /// Chooses a token from the logits behind the last one read.
    ///
    /// - Returns: What it adds to the answer, and why the answer ends here, if it does.
    /// - Throws: ``InferError/brokenLogits(position:)``.
    mutating func choose(_ logits: [Float], ending: Set<Int32>) throws -> (text: String, end: FinishReason?) {
        guard let id = sampler.next(logits, history: history, index: ids.count) else {
            throw InferError.brokenLogits(position: prompt.ids.count - 1)
        }
        ids.append(id)
        history.append(id)
        let options = request.options
        if options.reportsLogProbabilities {
            logProbabilities.append(
                TokenLogProbability(of: id, in: logits, top: options.topLogProbabilities)
            )
        }
        if ending.contains(id) { return (answer.finish(), .stop) }
        let (text, isStopped) = answer.push(id)
        if isStopped { return (text, .stop) }
        if ids.count == limit { return (text + answer.finish(), .length) }
        return (text, nil)
    }

    /// The text that was held back, where someone stops the answer.
    mutating func cancel() -> String { answer.finish() }

    /// The answer, once it has ended.
    func generation(_ reason: FinishReason) -> Generation {
        Generation(
            ids: ids,
            text: request.answerPrefix + answer.text,
            finishReason: reason,
            logProbabilities: request.options.reportsLogProbabilities ? logProbabilities : nil,
            promptTokens: request.prompt.count,
            reusedTokens: reusedTokens
        )
    }
}
