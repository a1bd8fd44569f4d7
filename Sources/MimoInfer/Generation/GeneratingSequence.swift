internal import MimoModel
internal import MimoNumerics
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
    /// The token that is expected behind the one chosen last.
    private var draft: Int32?
    private var drafts = DraftCount()

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

    /// The next tokens for the model: a part of the prompt, or the token chosen last and its draft.
    func next(atMost budget: Int) -> [Int32] {
        unread > 0
            ? Array(request.prompt[prompt.ids.count..<prompt.ids.count + min(unread, budget)])
            : ids.suffix(1) + (draft.map { [$0] } ?? [])
    }

    /// How many of the last of these tokens choose a token each.
    func scored(_ tokens: [Int32]) -> Int {
        unread > 0 ? (tokens.count == unread ? 1 : 0) : tokens.count
    }

    /// Counts tokens that the model has read, and chooses those that follow: none within the prompt, one behind it, and
    /// two where the draft is what the first of them would have been.
    ///
    /// Each is chosen as it would be without a draft, from the same logits and history, so a draft changes nothing but
    /// the number of passes.
    ///
    /// - Parameters:
    ///   - tokens: What was read; see ``next(atMost:)``.
    ///   - logits: Those of the last tokens that were to be scored, a row each, `[rows, V]`.
    ///   - ending: Tokens that end the answer.
    /// - Returns: The chosen tokens, in order, with what they add to the answer, and why it ends, if it does.
    /// - Throws: ``InferError/brokenLogits(position:)``.
    mutating func read(_ tokens: [Int32], _ logits: Tensor, ending: Set<Int32>) throws
        -> [(id: Int32, text: String, end: FinishReason?)]
    {
        defer { draft = nil }
        guard unread == 0 else {
            prompt.append(tokens)
            guard logits.rows > 0 else { return [] }
            return [try choose(logits.rows(logits.rows - 1..<logits.rows), ending: ending)]
        }
        prompt.append(tokens.prefix(1))
        var chosen = [try choose(logits.rows(0..<1), ending: ending)]
        guard let draft else { return chosen }
        drafts.proposed += 1
        if chosen[0].id == draft {
            drafts.accepted += 1
            if chosen[0].end == nil {
                prompt.append([draft])
                chosen.append(try choose(logits.rows(1..<2), ending: ending))
            }
        }
        prompt.dropUncounted()
        return chosen
    }

    /// The tokens that the layer for multi-token prediction has not read yet though the model has.
    ///
    /// - Parameter states: The model's states of the tokens of the last pass, from the first on, `[T, C]`.
    /// - Returns: What it is to read; nil where no draft can come of it any more.
    func ahead(_ states: Tensor) -> InferencePass.Ahead? {
        guard let cache = prompt.ahead else { return nil }
        // A draft saves a pass where two more tokens may follow.
        let isScored = unread == 0 && ids.count + 2 <= limit
        guard isScored || unread > 0 else { return nil }
        let tokens = cache.count..<prompt.ids.count
        let length = request.prompt.count
        return InferencePass.Ahead(
            cache: cache,
            states: states.rows(0..<tokens.count),
            nextIDs: tokens.map { $0 + 1 < length ? request.prompt[$0 + 1] : ids[$0 + 1 - length] },
            isScored: isScored
        )
    }

    /// Chooses a draft as the next token but one would be chosen if the model's logits were these.
    mutating func expect(_ logits: Tensor) {
        draft = sampler.next(logits, history: history, index: ids.count)
    }

    /// Chooses a token from the logits behind the last one read.
    ///
    /// - Returns: The token, what it adds to the answer, and why the answer ends here, if it does.
    /// - Throws: ``InferError/brokenLogits(position:)``.
    private mutating func choose(_ logits: Tensor, ending: Set<Int32>) throws
        -> (id: Int32, text: String, end: FinishReason?)
    {
        guard let id = sampler.next(logits, history: history, index: ids.count) else {
            throw InferError.brokenLogits(position: prompt.ids.count - 1)
        }
        ids.append(id)
        history.append(id)
        let options = request.options
        if options.reportsLogProbabilities {
            logProbabilities.append(
                TokenLogProbability(of: id, in: logits.elements, top: options.topLogProbabilities)
            )
        }
        if ending.contains(id) { return (id, answer.finish(), .stop) }
        let (text, isStopped) = answer.push(id)
        if isStopped { return (id, text, .stop) }
        if ids.count == limit { return (id, text + answer.finish(), .length) }
        return (id, text, nil)
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
            reusedTokens: reusedTokens,
            drafts: prompt.ahead == nil ? nil : drafts
        )
    }
}
