internal import MimoFiles

/// Rows of a query and a response, with an optional history and system prompt.
enum ResponseShape {
    static let columns: [String: String] = {
        var names = Columns.media
        for name in ["system", "system_prompt"] { names[name] = "system" }
        for name in ["query", "prompt", "input", "instruction", "question", "problem"] {
            names[name] = "query"
        }
        for name in [
            "response", "answer", "output", "targets", "target", "answer_key", "answers", "solution", "text",
            "completion", "content",
        ] {
            names[name] = "response"
        }
        return names
    }()

    /// Joins Alpaca's instruction and input to a query, and takes its output for the response.
    ///
    /// - Throws: ``DataError/badRow(_:)`` where there is neither instruction nor input.
    static func joinInstruction(_ row: inout JSONObject) throws {
        let instruction = row["instruction"] ?? .null
        let input = row["input"] ?? .null
        let output = row["output"] ?? .null
        for key in ["instruction", "input", "output"] { row[key] = nil }
        if !output.isNull { row["response"] = output }
        switch (instruction, input) {
        case (.string(let first), .string(let second)) where !first.isEmpty && !second.isEmpty:
            row["query"] = .string("\(first)\n\(second)")
        case (.string(let text), _) where !text.isEmpty: row["query"] = .string(text)
        case (_, .string(let text)): row["query"] = .string(text)
        default: throw DataError.badRow("\"instruction\" and \"input\" hold no text")
        }
    }

    /// Turns query, response, history and system into `messages`.
    ///
    /// - Throws: ``DataError/badRow(_:)`` where one of them has the wrong form.
    static func standardize(_ row: inout JSONObject) throws {
        var response = row["response"] ?? .null
        if let choices = response.arrayValue {
            guard let first = choices.first else { throw DataError.badRow("\"response\" is an empty list") }
            response = first
        }
        var messages: [JSON] = []
        if let system = row["system"], !system.isNull { messages.append(message("system", system)) }
        for round in try history(row["history"] ?? .null) + [(row["query"] ?? .null, response)] {
            if !round.0.isNull { messages.append(message("user", round.0)) }
            if !round.1.isNull { messages.append(message("assistant", round.1)) }
        }
        for key in ["response", "query", "history", "system"] { row[key] = nil }
        row["messages"] = .array(messages)
    }

    private static func message(_ role: String, _ content: JSON) -> JSON {
        .object(JSONObject([("role", .string(role)), ("content", content)]))
    }

    private static func history(_ value: JSON) throws -> [(JSON, JSON)] {
        guard value.isTruthyHistory else { return [] }
        var value = value
        if let text = value.stringValue,
            let parsed = (try? PythonLiteral.parse(text)) ?? (try? JSON(parsing: text))
        {
            value = parsed
        }
        guard let rounds = value.arrayValue else {
            throw DataError.badRow("\"history\" is \(value.kind); expected a list of [query, response]")
        }
        return try rounds.enumerated().map { index, round in
            guard let pair = round.arrayValue, pair.count >= 2 else {
                throw DataError.badRow("\"history\"[\(index)] is \(round.kind); expected [query, response]")
            }
            return (pair[0], pair[1])
        }
    }
}

extension JSON {
    /// Whether there is a history at all.
    fileprivate var isTruthyHistory: Bool {
        switch self {
        case .null, .bool(false): false
        case .string(let text): !text.isEmpty
        case .array(let rounds): !rounds.isEmpty
        default: true
        }
    }
}
