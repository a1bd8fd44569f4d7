public import MimoFiles

/// One message of a conversation.
public struct Message: Sendable {
    /// Who speaks.
    public enum Role: String, Sendable, CaseIterable {
        case system, user, assistant, tool
        /// What the assistant calls; neighbouring calls form one assistant turn.
        case toolCall = "tool_call"
    }

    /// Who speaks.
    public var role: Role
    /// The text; nil where the answer is still to be generated.
    public var content: String?
    /// Whether the message is learned, whatever the loss scale's base says; nil leaves it to the base.
    public var loss: Bool?
    /// The weight of all its tokens, in place of the strategies' weights.
    public var lossScale: Double?

    /// A message.
    public init(_ role: Role, _ content: String?, loss: Bool? = nil, lossScale: Double? = nil) {
        self.role = role
        self.content = content
        self.loss = loss
        self.lossScale = lossScale
    }
}

/// A conversation as a template takes it: the messages in order, and the tools that the assistant may call.
public struct Conversation: Sendable {
    /// The messages; a system message only stands first.
    public var messages: [Message]
    /// The tools, as schemas or as texts that hold schemas.
    public var tools: [JSON]
    /// The row's own thinking options, which beat those of the run.
    public var thinking: ThinkingOptions

    /// A conversation.
    public init(_ messages: [Message], tools: [JSON] = [], thinking: ThinkingOptions = ThinkingOptions()) {
        self.messages = messages
        self.tools = tools
        self.thinking = thinking
    }
}

/// How a template treats thinking; nil leaves it to the template.
public struct ThinkingOptions: Sendable, Equatable, Codable {
    /// Whether the answer to be generated thinks (`--enable_thinking`).
    public var isEnabled: Bool?
    /// Whether the thinking of earlier answers stays (`--preserve_thinking`).
    public var preservesHistory: Bool?
    /// What is put in front of the answer to be generated (`--response_prefix`).
    public var responsePrefix: String?
    /// Whether a hybrid template puts its empty thinking in front of answers that do not think
    /// (`--add_non_thinking_prefix`); true by default.
    public var marksNonThinking: Bool

    /// Thinking options.
    public init(
        isEnabled: Bool? = nil,
        preservesHistory: Bool? = nil,
        responsePrefix: String? = nil,
        marksNonThinking: Bool = true
    ) {
        self.isEnabled = isEnabled
        self.preservesHistory = preservesHistory
        self.responsePrefix = responsePrefix
        self.marksNonThinking = marksNonThinking
    }

    /// These options with those of a row over them.
    func overridden(by row: ThinkingOptions) -> ThinkingOptions {
        ThinkingOptions(
            isEnabled: row.isEnabled ?? isEnabled,
            preservesHistory: row.preservesHistory ?? preservesHistory,
            responsePrefix: row.responsePrefix ?? responsePrefix,
            marksNonThinking: marksNonThinking
        )
    }
}
