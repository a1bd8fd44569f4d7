/// Why a conversation or a template is refused.
public enum ChatTemplateError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The row has no messages, or only a system message.
    case noMessages
    /// A message does not say who speaks.
    case missingRole(index: Int)
    /// A message's role is none of ours.
    case unknownRole(String, index: Int)
    /// A message's content is not text.
    case unsupportedContent(index: Int, found: String)
    /// A member of a message has the wrong type.
    case wrongType(index: Int, member: String, found: String)
    /// The turns do not alternate: this one was expected to be an `expected` turn.
    case unexpectedTurn(found: String, expected: String)
    /// The template has no place for a system prompt.
    case systemUnsupported(template: String)
    /// The conversation has tools or calls, and the template does not say how to write them.
    case noToolFormat(template: String)
    /// No tool format has this name.
    case unknownToolFormat(String)
    /// A tool's schema cannot be used.
    case badTool(String)
    /// A tool call cannot be read.
    case badToolCall(String)
    /// A tool's result follows neither a call nor a user message, or the format cannot write it there.
    case strayToolResult
    /// The template needs a token that the tokenizer does not have.
    case missingToken(String, template: String)
    /// No template has this name.
    case unknownTemplate(String, known: [String])
    /// No template is known for the model.
    case noTemplate(model: String)
    /// The checkpoint's own template did something that cannot be trained on.
    case untrainable(template: String, reason: String)

    /// The error in one line.
    public var description: String {
        switch self {
        case .noMessages: "\"messages\" holds no turn; expected at least one user or assistant message"
        case .missingRole(let index): "message \(index + 1) has no \"role\""
        case .unknownRole(let role, let index):
            "message \(index + 1) has the role \"\(role)\"; "
                + "expected system, user, assistant, tool, tool_call or tool_response"
        case .unsupportedContent(let index, let found):
            "the content of message \(index + 1) is \(found); expected text"
        case .wrongType(let index, let member, let found):
            "\"\(member)\" of message \(index + 1) is \(found); expected "
                + (member == "loss" ? "true or false" : "a number of at least 0")
        case .unexpectedTurn(let found, let expected):
            found == "system"
                ? "a system message that is not the first; move it to the front"
                : "a turn of \"\(found)\" where \(expected) must speak"
        case .systemUnsupported(let template):
            "the template \(template) has no place for a system prompt; remove it or choose another --template"
        case .noToolFormat(let template):
            "the template \(template) has no tool format; name one with --agent_template (hermes, react_en, …)"
        case .unknownToolFormat(let name):
            "there is no tool format \"\(name)\"; known are \(ToolFormats.names.joined(separator: ", "))"
        case .badTool(let reason): "a tool cannot be used: \(reason)"
        case .badToolCall(let reason): "a tool call cannot be read: \(reason)"
        case .strayToolResult: "a tool's result follows neither a call nor a user message that could hold it"
        case .missingToken(let token, let template):
            "the template \(template) needs the tokenizer's \(token) token, and it has none; choose another --template"
        case .unknownTemplate(let name, let known):
            "there is no template \"\(name)\"; known are \(known.joined(separator: ", "))"
        case .noTemplate(let model):
            "no template is known for \(model) and the checkpoint has no chat_template; name one with --template"
        case .untrainable(let template, let reason): "cannot train with \(template): \(reason)"
        }
    }
}
