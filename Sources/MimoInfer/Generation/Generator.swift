public import MimoModel
internal import MimoNumerics
public import MimoText

/// What one token added to a request's answer; a step may add more than one.
public struct GenerationUpdate: Sendable {
    /// The request's number.
    public var request: Int
    /// The text that was added; may be empty.
    public var text: String
    /// The token; nil where only the end of the answer is told.
    public var id: Int32?
    /// The whole answer, once it has ended.
    public var generation: Generation?
}

/// Answers requests with a model, several at a time.
///
/// Continuous batching (Yu et al. 2022, "Orca"): each step runs the model once over the next tokens of all
/// requests under way, so that its weights are read once for all of them; a finished request makes room for a
/// waiting one at the next step. Prompts are read in parts, so that a long one neither fills memory nor holds up
/// the others. What a request draws at random depends on its own seed and stream alone.
///
/// With drafts the model's layer for multi-token prediction says what follows the token chosen last, and the model reads
/// both at once (speculative decoding, Leviathan et al. 2023): where it would have chosen the draft, a pass is saved.
/// Every token is the model's own choice in any case, drawn at random or not.
public final class Generator {
    /// The model's shape.
    public let config: ModelConfig
    /// The tokenizer; nil where only ids are wanted.
    public let tokenizer: Tokenizer?
    /// What ends every answer.
    public let stopRules: StopRules
    /// How many requests run at a time.
    public let maxBatchSize: Int
    /// Whether the layer for multi-token prediction drafts.
    public let drafts: Bool

    let pass: InferencePass
    let promptStep: Int
    private var waiting: ArraySlice<(number: Int, request: GenerationRequest)> = []
    private var active: [GeneratingSequence] = []
    private var idle: [PromptCache] = []
    private var count = 0

    /// A generator.
    ///
    /// - Parameters:
    ///   - decoder: The model, with or without an adapter.
    ///   - tokenizer: Its tokenizer; nil where only ids are wanted.
    ///   - stopRules: What ends every answer.
    ///   - maxBatchSize: How many requests run at a time.
    ///   - promptStep: How many tokens of prompts one step reads at most.
    ///   - drafts: Whether the model's layer for multi-token prediction drafts, where it came along.
    public init(
        _ decoder: Decoder,
        tokenizer: Tokenizer?,
        stopRules: StopRules,
        maxBatchSize: Int = 1,
        promptStep: Int = 512,
        drafts: Bool = false
    ) {
        config = decoder.config
        self.tokenizer = tokenizer
        self.stopRules = stopRules
        self.maxBatchSize = max(1, maxBatchSize)
        self.promptStep = max(1, promptStep)
        self.drafts = drafts && decoder.prediction != nil
        pass = InferencePass(decoder)
    }

    /// Whether all requests are answered.
    public var isIdle: Bool { active.isEmpty && waiting.isEmpty }

    /// How many requests wait or run.
    public var pending: Int { active.count + waiting.count }

    /// Checks a request against the model: its ids, its length, its options.
    ///
    /// - Throws: ``InferError`` that says what is wrong.
    public func validate(_ request: GenerationRequest) throws {
        try request.options.validate()
        guard !request.prompt.isEmpty else { throw InferError.emptyPrompt }
        if let id = request.prompt.first(where: { $0 < 0 || Int($0) >= config.vocabularySize }) {
            throw InferError.unknownToken(id: id, vocabularySize: config.vocabularySize)
        }
        guard request.prompt.count < config.maxPositions else {
            throw InferError.promptTooLong(tokens: request.prompt.count, limit: config.maxPositions)
        }
    }

    /// Queues a request.
    ///
    /// - Returns: The request's number, counted from 0.
    /// - Throws: As ``validate(_:)``; other requests are not touched.
    @discardableResult
    public func add(_ request: GenerationRequest) throws -> Int {
        try validate(request)
        defer { count += 1 }
        waiting.append((count, request))
        return count
    }

    /// Runs the model once for all requests under way.
    ///
    /// - Returns: What was added, in the order in which the requests came.
    /// - Throws: ``InferError/brokenLogits(position:)``: the model is of no use then.
    public func step() throws -> [GenerationUpdate] {
        try admit()
        guard !active.isEmpty else { return [] }
        var budget = promptStep
        var running: [(place: Int, ids: [Int32])] = []
        for place in active.indices {
            guard active[place].unread == 0 || budget > 0 else { continue }
            let ids = active[place].next(atMost: budget)
            if active[place].unread > 0 { budget -= ids.count }
            running.append((place, ids))
        }
        let found = pass.run(
            running.map { (active[$0.place].prompt.cache, $0.ids) },
            scoring: running.map { active[$0.place].scored($0.ids) },
            returnsStates: drafts
        )
        var updates: [GenerationUpdate] = []
        var row = 0
        for (place, ids) in running {
            let rows = row..<row + active[place].scored(ids)
            row = rows.upperBound
            let logits = found.logits.rows(rows)
            for (id, text, end) in try active[place].read(ids, logits, ending: stopRules.ids) {
                updates.append(
                    GenerationUpdate(
                        request: active[place].number,
                        text: text,
                        id: id,
                        generation: end.map(active[place].generation)
                    )
                )
            }
        }
        let finished = Set(updates.filter { $0.generation != nil }.map(\.request))
        if let states = found.states { draft(running, states, except: finished) }
        release { finished.contains($0.number) }
        return updates
    }

    /// Lets the layer for multi-token prediction read what the model has read, and draft.
    ///
    /// - Parameters:
    ///   - running: The sequences of the last pass, and the tokens that it read.
    ///   - states: The model's states of these, `[T, C]`.
    ///   - finished: Requests whose answers have ended.
    private func draft(_ running: [(place: Int, ids: [Int32])], _ states: Tensor, except finished: Set<Int>) {
        var start = 0
        var drafting: [(place: Int, ahead: InferencePass.Ahead)] = []
        for (place, ids) in running {
            let rows = start..<start + ids.count
            start = rows.upperBound
            guard !finished.contains(active[place].number), let ahead = active[place].ahead(states.rows(rows))
            else { continue }
            drafting.append((place, ahead))
        }
        guard !drafting.isEmpty, let logits = pass.predict(drafting.map(\.ahead)) else { return }
        for (row, place) in drafting.filter(\.ahead.isScored).map(\.place).enumerated() {
            active[place].expect(logits.rows(row..<row + 1))
        }
    }

    /// Stops requests, those that wait included.
    ///
    /// - Parameter numbers: The requests; nil for all.
    /// - Returns: Their answers as far as they had come, in the order in which the requests came.
    public func cancel(_ numbers: Set<Int>? = nil) -> [GenerationUpdate] {
        var updates: [GenerationUpdate] = []
        for place in active.indices where numbers?.contains(active[place].number) ?? true {
            let text = active[place].cancel()
            updates.append(
                GenerationUpdate(
                    request: active[place].number,
                    text: text,
                    id: nil,
                    generation: active[place].generation(.cancelled)
                )
            )
        }
        let stopped = Set(updates.map(\.request))
        release { stopped.contains($0.number) }
        for (number, request) in waiting where numbers?.contains(number) ?? true {
            let generation = Generation(
                ids: [],
                text: "",
                finishReason: .cancelled,
                logProbabilities: nil,
                promptTokens: request.prompt.count,
                reusedTokens: 0,
                drafts: drafts ? DraftCount() : nil
            )
            updates.append(GenerationUpdate(request: number, text: "", id: nil, generation: generation))
        }
        waiting.removeAll { numbers?.contains($0.number) ?? true }
        return updates
    }

    /// Answers one request while no other is under way.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - isStopped: Asked before each step; true stops the answer.
    ///   - receive: Is given each piece of text as it comes, the answer's prefix first.
    /// - Returns: The answer.
    /// - Throws: ``InferError``, and what `receive` throws; the request is dropped then.
    public func generate(
        _ request: GenerationRequest,
        isStopped: () -> Bool = { false },
        receive: (String) throws -> Void = { _ in }
    ) throws -> Generation {
        precondition(isIdle)
        try add(request)
        do {
            if !request.answerPrefix.isEmpty { try receive(request.answerPrefix) }
            while true {
                for update in isStopped() ? cancel() : try step() {
                    if !update.text.isEmpty { try receive(update.text) }
                    if let generation = update.generation { return generation }
                }
            }
        } catch {
            _ = cancel()
            throw error
        }
    }

    private func admit() throws {
        while active.count < maxBatchSize, let (number, request) = waiting.popFirst() {
            let best = idle.indices.max {
                idle[$0].sharedPrefix(with: request.prompt) < idle[$1].sharedPrefix(with: request.prompt)
            }
            let room = config.maxPositions - request.prompt.count
            // Who says how long an answer may become gets that room at once; else it doubles as it fills up.
            let capacity = request.options.maxNewTokens.map { request.prompt.count + min($0, room) } ?? 256
            let prompt =
                best.map { idle.remove(at: $0) } ?? PromptCache(config, drafts: drafts, capacity: capacity)
            prompt.cache.reserve(inAll: capacity)
            active.append(
                try GeneratingSequence(
                    number: number,
                    request: request,
                    limit: min(request.options.maxNewTokens ?? room, room),
                    prompt: prompt,
                    tokenizer: tokenizer,
                    stopWords: stopRules.words + request.options.stopWords
                )
            )
        }
    }

    /// Keeps the caches of sequences that have ended for requests to come.
    private func release(_ isDone: (GeneratingSequence) -> Bool) {
        idle += active.filter(isDone).map(\.prompt)
        active.removeAll(where: isDone)
    }
}
