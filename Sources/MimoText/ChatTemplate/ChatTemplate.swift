internal import MimoFiles

/// How a model wants a conversation written.
public protocol ChatTemplate: Sendable {
    /// The template's name.
    var name: String { get }

    /// Whether answers may come with or without thinking, and the template marks those without.
    var isHybridThinking: Bool { get }

    /// Whether it writes no turns but text as it is.
    var isPlainText: Bool { get }

    /// The conversation laid out in segments, in order.
    ///
    /// - Parameters:
    ///   - conversation: what was said; for ``Purpose/generation`` the last message is the one to answer.
    ///   - purpose: whether it is to be learned or continued.
    /// - Returns: pieces that give the whole text when joined.
    /// - Throws: ``ChatTemplateError`` where the conversation does not fit the template.
    func segments(of conversation: Conversation, for purpose: Purpose) throws -> [Segment]

    /// What the generation prompt puts in front of the answer, such as `<think>\n`; empty for nothing.
    ///
    /// An answer that begins with it was begun by the prompt: at inference the model goes on behind it.
    ///
    /// - Parameter conversation: its own thinking options count.
    /// - Returns: the text.
    func suppliedPrefix(of conversation: Conversation) -> String

    /// What ends an answer, piece by piece: wherever these tokens directly follow a learned token inside a
    /// conversation they are learned too.
    ///
    /// - Throws: ``ChatTemplateError/missingToken(_:template:)``.
    func turnEnd() throws -> [Segment.Content]

    /// Texts at which a generated answer ends.
    var stopWords: [String] { get }
}

extension ChatTemplate {
    /// Templates write turns.
    public var isPlainText: Bool { false }
}

/// A template that writes a conversation round by round: an opening, then for each round prompt and answer,
/// with a separator between rounds and a suffix at the end.
public struct RoundTemplate: ChatTemplate {
    /// The name.
    public let name: String
    /// The family's fixed parts.
    let family: TemplateFamily
    let toolFormat: (any ToolFormat)?
    /// The system prompt of conversations that have none; nil for none.
    let system: String?
    /// The run's thinking options.
    let options: ThinkingOptions
    let tokens: BoundaryTokens

    /// Whether answers may come with or without thinking.
    public var isHybridThinking: Bool { family.isThinking && !family.nonThinkingPrefix.isEmpty }

    /// Whether it writes no turns but text as it is.
    public var isPlainText: Bool { family.isPlainText }

    /// Texts at which a generated answer ends.
    public var stopWords: [String] {
        var words = family.stopWords
        if case .text(let stretches)? = family.suffix.pieces.last {
            let word = stretches.text.trimmedLikePython
            if !word.isEmpty, !words.contains(where: { $0.isSame(as: word) }) { words.append(word) }
        }
        if let end = tokens.endText, !words.contains(where: { $0.isSame(as: end) }) { words.append(end) }
        return words
    }

    /// What ends an answer.
    public func turnEnd() throws -> [Segment.Content] {
        try family.suffix.segments(.suffix, of: self).map(\.content)
    }

    /// What the generation prompt puts in front of the answer.
    public func suppliedPrefix(of conversation: Conversation) -> String {
        responsePrefix(options.overridden(by: conversation.thinking))
    }

    /// What is put in front of an answer to be generated.
    func responsePrefix(_ options: ThinkingOptions) -> String {
        options.responsePrefix ?? (thinks(options) ? family.thinkingPrefix : family.nonThinkingPrefix)
    }

    /// Whether the answer to be generated thinks: by default where the model can do nothing else.
    func thinks(_ options: ThinkingOptions) -> Bool {
        options.isEnabled ?? (family.isThinking && family.nonThinkingPrefix.isEmpty)
    }

    /// Whether earlier answers keep their thinking.
    func preservesHistory(_ options: ThinkingOptions, for purpose: Purpose) -> Bool {
        if let choice = options.preservesHistory { return choice }
        return family.isThinking || thinks(options) ? purpose.keepsHistory : true
    }
}
