internal import MimoFiles

/// Anthropic's messages, whose content is a list of blocks, turned into messages with text.
enum AnthropicMessages {
    /// Whether some block is of a kind that only Anthropic's messages have.
    static func fit(_ messages: [JSONObject]) -> Bool {
        messages.contains { message in
            message["content"]?.arrayValue?.contains { block in
                switch block["type"]?.stringValue {
                case "tool_use", "tool_result": true
                case "image": block["source"] != nil
                default: false
                }
            } ?? false
        }
    }

    /// The messages with each block of a tool as a message of its own; results are put in the order of the
    /// calls where their ids match one to one.
    ///
    /// - Throws: ``DataError/badRow(_:)`` where a block is of an unknown kind.
    static func unfolded(_ messages: [JSONObject]) throws -> [JSONObject] {
        var unfolded: [JSONObject] = []
        var calls: [JSON] = []
        for message in messages {
            guard var blocks = message["content"]?.arrayValue else {
                unfolded.append(message)
                calls = []
                continue
            }
            if !calls.isEmpty { blocks = aligned(blocks, to: calls) }
            calls = blocks.filter { $0["type"]?.stringValue == "tool_use" }
            var text: String?
            let flush = { (role: JSON) in
                if let text { unfolded.append(copy(of: message, role: role, content: .string(text))) }
                text = nil
            }
            let role = message["role"] ?? .null
            for block in blocks {
                switch block["type"]?.stringValue {
                case "text": text = (text ?? "") + (block["text"]?.stringValue ?? "")
                case "tool_use":
                    flush(role)
                    guard let name = block["name"] else {
                        throw DataError.badRow("a tool_use block has no \"name\"")
                    }
                    let call = JSONObject([
                        ("name", name), ("arguments", block["input"] ?? .object(JSONObject())),
                    ])
                    unfolded.append(copy(of: message, role: "tool_call", content: .object(call)))
                case "tool_result":
                    flush(role)
                    let content = try resultText(block["content"] ?? "")
                    unfolded.append(copy(of: message, role: "tool_response", content: content))
                case let kind:
                    throw DataError.badRow(
                        "a content block of the kind \"\(kind ?? "?")\"; only text and tools are read"
                    )
                }
            }
            flush(role)
        }
        return unfolded
    }

    /// A result may itself be a list of text blocks.
    private static func resultText(_ content: JSON) throws -> JSON {
        guard let blocks = content.arrayValue else { return content }
        return .string(
            try blocks.map { block in
                guard block["type"]?.stringValue == "text" else {
                    throw DataError.badRow("a tool result with a block that is no text")
                }
                return block["text"]?.stringValue ?? ""
            }.joined()
        )
    }

    private static func copy(of message: JSONObject, role: JSON, content: JSON) -> JSONObject {
        var members = JSONObject([("role", role), ("content", content)])
        for key in ["loss", "loss_scale"] {
            if let value = message[key] { members[key] = value }
        }
        return members
    }

    private static func aligned(_ blocks: [JSON], to calls: [JSON]) -> [JSON] {
        let order = calls.compactMap { $0["id"]?.stringValue }
        let results = blocks.prefix { $0["type"]?.stringValue == "tool_result" }
        let ids = results.compactMap { $0["tool_use_id"]?.stringValue }
        guard order.count == calls.count, Set(order).count == order.count, results.count == order.count,
            Set(ids) == Set(order)
        else { return blocks }
        let byID = Dictionary(zip(ids, results)) { first, _ in first }
        return order.compactMap { byID[$0] } + blocks.dropFirst(results.count)
    }
}
