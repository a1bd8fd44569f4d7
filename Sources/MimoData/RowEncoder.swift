public import MimoFiles
public import MimoText

/// Turns rows into samples: the one place where a conversation becomes tokens, labels and weights.
///
/// Conversations go through the template, the loss scale and the tokenizer; rows that are tokenized already
/// are checked. A value that any number of threads may use.
public struct RowEncoder: Sendable {
    /// How rows are encoded.
    public struct Options: Sendable, Equatable, Codable {
        /// The longest sample in tokens (`--max_length`); nil for no limit.
        public var maxLength: Int?
        /// What becomes of longer rows.
        public var truncation = Truncation.delete
        /// Whether weights are dropped and only labels kept (`--is_binary_loss_scale`); nil where the loss
        /// scale is binary by itself.
        public var isBinaryLossScale: Bool?
        /// Where text is cut for the tokenizer.
        public var tokenization = Tokenization.segments
        /// Whether control tokens spelled out in the row's own words become control tokens.
        public var parsesSpecialInContent = true

        /// The defaults.
        public init() {}
    }

    /// The tokenizer.
    public let tokenizer: Tokenizer
    /// The template that writes conversations.
    public let template: any ChatTemplate
    /// What counts how much.
    public let lossScale: LossScale
    /// How rows are encoded.
    public let options: Options
    /// How many ids the model knows; ids in tokenized rows must be below.
    public let vocabularySize: Int
    /// The tokens that end an answer.
    let turnEnd: [Int32]

    /// An encoder.
    ///
    /// - Parameters:
    ///   - tokenizer: what makes ids of text.
    ///   - template: what writes conversations.
    ///   - lossScale: what counts how much.
    ///   - options: how rows are encoded.
    ///   - vocabularySize: the model's, where it has more ids than the tokenizer.
    /// - Throws: ``ChatTemplateError`` where the template needs a token that the tokenizer lacks, or
    ///   ``DataError/badOption(_:reason:)``.
    public init(
        tokenizer: Tokenizer,
        template: any ChatTemplate,
        lossScale: LossScale = LossScale(),
        options: Options = Options(),
        vocabularySize: Int? = nil
    ) throws {
        if let length = options.maxLength, length < 1 {
            throw DataError.badOption("max_length", reason: "found \(length), expected at least 1")
        }
        self.tokenizer = tokenizer
        self.template = template
        self.lossScale = lossScale
        self.options = options
        self.vocabularySize = max(vocabularySize ?? 0, tokenizer.vocabularySize)
        turnEnd = try template.turnEnd().flatMap { content in
            switch content {
            case .text(let text): tokenizer.encode(text)
            case .ids(let ids): ids
            }
        }
    }

    /// The samples of a conversation.
    public func samples(of conversation: Conversation, origin: RowOrigin = RowOrigin()) throws -> [Sample] {
        try explained(conversation, origin: origin).map(\.sample)
    }

    /// The samples of a row with what gave each token its weight: the same samples, made in the same way.
    ///
    /// - Parameters:
    ///   - row: a row in the standard form, or a tokenized one.
    ///   - origin: where the row stands.
    /// - Returns: at least one sample.
    /// - Throws: ``DataError`` or ``ChatTemplateError`` that says what is wrong with the row.
    public func explained(_ row: JSON, origin: RowOrigin = RowOrigin()) throws -> [ExplainedSample] {
        guard row["input_ids"] != nil else { return try explained(Conversation(row: row), origin: origin) }
        return try explainedTokens(row, vocabularySize: vocabularySize, origin: origin)
    }

    private func explained(_ conversation: Conversation, origin: RowOrigin) throws -> [ExplainedSample] {
        let row = try weighedTokens(of: conversation)
        guard !row.ids.isEmpty else { throw DataError.empty }
        let sample = Sample(
            ids: row.ids,
            labels: row.labels,
            lossScale: options.isBinaryLossScale ?? lossScale.isBinary ? nil : row.weights,
            origin: origin
        )
        return try cut(
            ExplainedSample(sample: sample, spans: row.spans, spelledControlTokens: row.spelledControlTokens)
        )
    }

    /// The tokens from which an answer to the conversation's last message is generated.
    ///
    /// Text is cut where training cuts it, so that what was learned is what is met.
    ///
    /// - Throws: ``ChatTemplateError`` where the conversation does not fit the template.
    public func prompt(for conversation: Conversation) throws -> [Int32] {
        let segments = try template.segments(of: conversation, for: .generation)
        return tokenize(lossScale.weighed(segments)).ids
    }

    /// The tokens of a conversation with the weight of each, and what gave it.
    ///
    /// - Throws: ``ChatTemplateError`` where the conversation does not fit the template.
    public func weighedTokens(of conversation: Conversation) throws -> WeighedTokens {
        let purpose = Purpose.training(lastRoundOnly: lossScale.base == .lastRound)
        var row = tokenize(lossScale.weighed(try template.segments(of: conversation, for: purpose)))
        row.learnTurnEnds(turnEnd)
        row.forgetFirst()
        return row
    }
}

/// A sample, and what gave its tokens their weights.
public struct ExplainedSample: Sendable {
    /// The sample as it is trained on.
    public let sample: Sample
    /// Neighbouring tokens whose weight has one reason, in order, together all tokens.
    public let spans: [WeighedTokens.Span]
    /// How many tokens the row had before it was cut to the greatest length.
    public let wholeLength: Int
    /// How many control tokens the row's own words spell out; of the samples of a split row the first has them.
    public let spelledControlTokens: Int

    init(
        sample: Sample,
        spans: [WeighedTokens.Span],
        wholeLength: Int? = nil,
        spelledControlTokens: Int = 0
    ) {
        self.sample = sample
        self.spans = spans
        self.wholeLength = wholeLength ?? sample.ids.count
        self.spelledControlTokens = spelledControlTokens
    }
}
