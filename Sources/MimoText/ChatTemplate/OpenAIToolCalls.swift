package import MimoFiles

/// OpenAI's assistant messages that carry `tool_calls`, turned into `tool_call` messages.
package enum OpenAIToolCalls {
    /// The messages with each `tool_calls` unfolded; the results that follow are put in the order of the
    /// calls where their ids match one to one.
    ///
    /// - Throws: ``ChatTemplateError/badToolCall(_:)`` where a call names no function.
    package static func unfolded(_ messages: [JSON]) throws -> [JSON] {
        guard messages.contains(where: { !calls(of: $0).isEmpty }) else { return messages }
        var rest = messages
        var unfolded: [JSON] = []
        for index in messages.indices {
            let message = rest[index]
            let calls = calls(of: message)
            guard !calls.isEmpty else {
                unfolded.append(message)
                continue
            }
            sortResults(behind: index, of: &rest, by: calls.map { $0["id"]?.stringValue })
            if let content = message["content"], content.isTruthy {
                unfolded.append(copy(of: message, role: "assistant", content: content))
            }
            for call in calls {
                unfolded.append(copy(of: message, role: "tool_call", content: try canonical(call)))
            }
        }
        return unfolded
    }

    private static func calls(of message: JSON) -> [JSON] {
        guard message["role"]?.stringValue == "assistant" else { return [] }
        return message["tool_calls"]?.arrayValue ?? []
    }

    /// The message's own loss settings go to everything made of it.
    private static func copy(of message: JSON, role: JSON, content: JSON) -> JSON {
        var members = JSONObject([("role", role), ("content", content)])
        for key in ["loss", "loss_scale"] {
            if let value = message[key] { members[key] = value }
        }
        return .object(members)
    }

    private static func canonical(_ call: JSON) throws -> JSON {
        let function = call["function"] ?? call
        guard let name = function["name"] else { throw ChatTemplateError.badToolCall("it has no name") }
        var arguments = function["arguments"] ?? .object(JSONObject())
        if let text = arguments.stringValue, let parsed = try? JSON(parsing: text) { arguments = parsed }
        return .object(JSONObject([("name", name), ("arguments", arguments)]))
    }

    private static func sortResults(behind index: Int, of messages: inout [JSON], by ids: [String?]) {
        let order = ids.compactMap { $0 }
        var end = index + 1
        while end < messages.count, ["tool", "tool_response"].contains(messages[end]["role"]?.stringValue) {
            end += 1
        }
        let results = messages[(index + 1)..<end]
        let resultIDs = results.compactMap { $0["tool_call_id"]?.stringValue }
        guard order.count == ids.count, Set(order).count == ids.count, results.count == ids.count,
            Set(resultIDs) == Set(order)
        else { return }
        let byID = Dictionary(zip(resultIDs, results)) { first, _ in first }
        messages.replaceSubrange((index + 1)..<end, with: order.compactMap { byID[$0] })
    }
}

extension JSON {
    /// Whether Python takes the value for true.
    package var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let value): !value.isEmpty
        case .array(let elements): !elements.isEmpty
        case .object(let members): members.count > 0
        }
    }
}
