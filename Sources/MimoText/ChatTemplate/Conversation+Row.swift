public import MimoFiles

extension Conversation {
    /// Reads a row in the messages format.
    ///
    /// Roles are system, user, assistant, tool (also `tool_response`) and `tool_call`; OpenAI's `tool_calls`
    /// become `tool_call` messages; content that is a list of text parts is joined.
    ///
    /// - Throws: ``ChatTemplateError`` where the row has no messages, or one has no role or text.
    public init(row: JSON) throws {
        guard let given = row["messages"]?.arrayValue, !given.isEmpty else {
            throw ChatTemplateError.noMessages
        }
        let canonical = try OpenAIToolCalls.unfolded(given)
        var messages: [Message] = []
        for (index, message) in canonical.enumerated() {
            messages.append(try Message(json: message, index: index, isLast: index == canonical.count - 1))
        }
        var thinking = ThinkingOptions()
        if let overrides = row["chat_template_kwargs"] {
            thinking.isEnabled = overrides["enable_thinking"]?.boolValue
            thinking.preservesHistory = overrides["preserve_thinking"]?.boolValue
            thinking.responsePrefix = overrides["response_prefix"]?.stringValue
        }
        self.init(messages, tools: try ToolSchema.list(row["tools"]), thinking: thinking)
    }
}

extension Message {
    init(json: JSON, index: Int, isLast: Bool) throws {
        guard let name = json["role"]?.stringValue else { throw ChatTemplateError.missingRole(index: index) }
        guard let role = name == "tool_response" ? .tool : Role(rawValue: name) else {
            throw ChatTemplateError.unknownRole(name, index: index)
        }
        self.init(
            role,
            try Self.text(json["content"] ?? .null, role: role, index: index, isLast: isLast),
            loss: try Self.loss(json["loss"], index: index),
            lossScale: try Self.lossScale(json["loss_scale"], index: index)
        )
    }

    private static func text(_ content: JSON, role: Role, index: Int, isLast: Bool) throws -> String? {
        switch content {
        case .string(let text): return text
        case .null where role == .assistant && isLast: return nil
        // What tools say and are asked may be any value; it is written as JSON.
        case _ where role == .tool || role == .toolCall: return content.text()
        case .array(let parts):
            var text = ""
            for part in parts {
                guard part["type"]?.stringValue == "text", let piece = part["text"]?.stringValue else {
                    throw ChatTemplateError.unsupportedContent(
                        index: index,
                        found: part["type"]?.stringValue ?? part.kind
                    )
                }
                text += piece
            }
            return text
        default: throw ChatTemplateError.unsupportedContent(index: index, found: content.kind)
        }
    }

    private static func loss(_ value: JSON?, index: Int) throws -> Bool? {
        switch value {
        case nil, .null: nil
        case .bool(let flag): flag
        case .int(let number): number != 0
        case .double(let number): number != 0
        case let other?: throw ChatTemplateError.wrongType(index: index, member: "loss", found: other.kind)
        }
    }

    private static func lossScale(_ value: JSON?, index: Int) throws -> Double? {
        switch value {
        case nil, .null: return nil
        case .bool(let flag): return flag ? 1 : 0
        case .int, .double:
            guard let weight = value?.doubleValue, weight.isFinite, weight >= 0 else {
                throw ChatTemplateError.wrongType(
                    index: index,
                    member: "loss_scale",
                    found: "a negative number"
                )
            }
            return weight
        case let other?:
            throw ChatTemplateError.wrongType(index: index, member: "loss_scale", found: other.kind)
        }
    }
}
