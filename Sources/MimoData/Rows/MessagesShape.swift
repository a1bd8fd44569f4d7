internal import MimoFiles
internal import MimoText

/// Rows that hold messages, whoever named their roles and members.
enum MessagesShape {
    static let columns: [String: String] = {
        var names = Columns.media
        for name in ["messages", "conversation", "conversations"] { names[name] = "messages" }
        for name in ["system", "system_prompt"] { names[name] = "system" }
        return names
    }()

    /// Whether the row holds messages.
    static func fits(_ row: JSONObject) -> Bool {
        ["conversation", "conversations", "messages"].contains { row[$0] != nil }
    }

    /// Brings roles, member names and content into their standard form.
    ///
    /// - Throws: ``DataError/badRow(_:)``.
    static func standardize(_ row: inout JSONObject) throws {
        guard let given = row["messages"] else {
            throw DataError.badRow(
                "several columns hold messages; keep one of them or name it with --columns"
            )
        }
        let system = row["system"].flatMap { $0.isNull ? nil : $0 }
        row["system"] = nil
        row["messages"] = .array(try messages(given, system: system))
        if let rejected = row["rejected_messages"], !rejected.isNull {
            row["rejected_messages"] = .array(try messages(rejected, system: nil))
        }
    }

    private static func messages(_ value: JSON, system: JSON?) throws -> [JSON] {
        var value = value
        if let text = value.stringValue {
            guard let parsed = (try? JSON(parsing: text)) ?? (try? PythonLiteral.parse(text)) else {
                throw DataError.badRow("\"messages\" is text that is neither JSON nor a Python literal")
            }
            value = parsed
        }
        guard let elements = value.arrayValue else {
            throw DataError.badRow("\"messages\" is \(value.kind); expected a list")
        }
        var messages = try elements.enumerated().map { index, element in
            guard let message = element.objectValue else {
                throw DataError.badRow("message \(index + 1) is \(element.kind); expected an object")
            }
            return message.withoutNulls
        }
        guard !messages.isEmpty else {
            throw DataError.badRow("\"messages\" is empty; expected at least one turn")
        }
        messages = try canonical(messages)
        for index in messages.indices {
            messages[index].name("role", from: "from")
            messages[index].name("content", from: "value")
        }
        if messages[0]["role"] == nil, messages[0]["content"] == nil {
            return try pairs(messages, system: system)
        }
        return try named(messages, system: system)
    }

    /// OpenAI's and Anthropic's tool calls as messages of their own.
    private static func canonical(_ messages: [JSONObject]) throws -> [JSONObject] {
        if messages.contains(where: { $0["tool_calls"]?.isTruthy ?? false }) {
            return try OpenAIToolCalls.unfolded(messages.map(JSON.object)).compactMap(\.objectValue)
        }
        return AnthropicMessages.fit(messages) ? try AnthropicMessages.unfolded(messages) : messages
    }

    /// `{"human": …, "assistant": …}`: one object a round.
    private static func pairs(_ messages: [JSONObject], system: JSON?) throws -> [JSON] {
        var standard: [JSON] = []
        if let system { standard.append(message("system", system)) }
        for (index, round) in messages.enumerated() {
            guard let user = userRoles.reversed().compactMap({ round[$0] }).first,
                let assistant = assistantRoles.reversed().compactMap({ round[$0] }).first
            else {
                throw DataError.badRow(
                    "message \(index + 1) has no \"role\"; as one object a round it lacks the user or the assistant"
                )
            }
            standard += [message("user", user), message("assistant", assistant)]
        }
        return standard
    }

    private static func named(_ messages: [JSONObject], system: JSON?) throws -> [JSON] {
        var standard: [JSON] = []
        if let system, messages[0]["role"]?.stringValue != "system" {
            standard.append(message("system", system))
        }
        for (index, given) in messages.enumerated() {
            guard let role = given["role"]?.stringValue else {
                throw DataError.badRow("message \(index + 1) has no \"role\"")
            }
            var message = given
            if userRoles.contains(role) {
                if role != "user" { message["role"] = "user" }
            } else if assistantRoles.contains(role) {
                if role != "assistant" { message["role"] = "assistant" }
            } else if role.utf8Replacing("-", with: "_") == "function_call" {
                message["role"] = "tool_call"
            } else if ["function_response", "observation", "observations"].contains(
                role.utf8Replacing("-", with: "_")
            ) {
                message["role"] = "tool_response"
            }
            standard.append(.object(message))
        }
        return standard
    }

    private static let userRoles = ["user", "human"]
    private static let assistantRoles = ["assistant", "gpt", "bot"]

    private static func message(_ role: String, _ content: JSON) -> JSON {
        .object(JSONObject([("role", .string(role)), ("content", content)]))
    }
}

extension JSONObject {
    /// The members that are not null: column stores put nulls where a row has no such member.
    var withoutNulls: JSONObject {
        guard values.contains(where: \.isNull) else { return self }
        return JSONObject(filter { !$0.value.isNull }.map { ($0.key, $0.value) })
    }

    /// Gives a member its standard name.
    fileprivate mutating func name(_ standard: String, from alias: String) {
        guard let value = self[alias] else { return }
        self[alias] = nil
        self[standard] = value
    }
}
