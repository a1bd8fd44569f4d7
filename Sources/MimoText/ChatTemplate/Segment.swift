/// A piece of a conversation as its template writes it: the unit that gets a loss weight.
public struct Segment: Sendable {
    /// What the piece is for.
    public enum Kind: String, Sendable {
        /// The system prompt and what opens the text.
        case opening
        /// A user's or tool's turn, up to where the answer begins.
        case prompt
        /// An answer, or one of the messages that make it up.
        case response
        /// What stands between two rounds.
        case separator
        /// What the template puts in front of an answer that is still to be generated.
        case responsePrefix
        /// What ends the conversation.
        case suffix
    }

    /// What the piece holds.
    public enum Content: Sendable {
        /// Text to be tokenized; the token ids of neighbours may differ from its own, see the data module.
        case text(String)
        /// Token ids that stand for themselves.
        case ids([Int32])
    }

    /// What the piece is for.
    public var kind: Kind
    /// What the piece holds.
    public var content: Content
    /// The round that the piece belongs to, from 0; the opening belongs to the first.
    public var round: Int
    /// Whether it follows the last message of a user or tool.
    public var isInLastRound: Bool
    /// The user's text that a response answers; nil for other pieces and for answers to tools.
    public var query: String?
    /// A response's own setting whether it is learned.
    public var loss: Bool?
    /// A response's own weight.
    public var lossScale: Double?
    /// Which bytes of the text are the row's own words, not the template's; ascending, not touching.
    public var ownWords: [Range<Int>]

    /// How many bytes at the text's beginning the generation prompt supplies at inference: where an answer
    /// begins as ``ChatTemplate/suppliedPrefix(of:)`` says.
    public var suppliedBytes = 0

    /// A segment.
    public init(
        _ kind: Kind,
        _ content: Content,
        round: Int = 0,
        isInLastRound: Bool = false,
        query: String? = nil,
        loss: Bool? = nil,
        lossScale: Double? = nil,
        ownWords: [Range<Int>] = []
    ) {
        self.kind = kind
        self.content = content
        self.round = round
        self.isInLastRound = isInLastRound
        self.query = query
        self.loss = loss
        self.lossScale = lossScale
        self.ownWords = ownWords
    }

    /// The text, or nil where the piece is token ids.
    public var text: String? {
        if case .text(let text) = content { text } else { nil }
    }
}

/// What a conversation is laid out for.
public enum Purpose: Sendable, Equatable {
    /// To be learned from. `lastRoundOnly`: nothing before the last user message counts, so that hybrid
    /// templates may write the history as they would at inference.
    case training(lastRoundOnly: Bool)
    /// To be continued: an answer follows.
    case generation

    /// Whether thinking in earlier answers is shown as it was written.
    var keepsHistory: Bool {
        self == .training(lastRoundOnly: false)
    }
}
