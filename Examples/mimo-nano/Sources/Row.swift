import MimoFiles

/// A conversation to be learned or answered.
struct Row {
    /// One exchange: what is said, and the answer with its think block.
    struct Turn {
        var question: String
        var thinking: String
        var answer: String

        /// The whole answer as the model should write it.
        var response: String { "<think>\n\(thinking)\n</think>\n\n\(answer)" }
    }

    /// What the row is about, as scores are told apart.
    var kind: String
    var language: Language
    /// The system message; nil leaves it to the template.
    var system: String?
    var turns: [Turn]
    /// The number that the last answer ends with; nil where there is none.
    var result: Int?

    /// The row as `messages`, with everything that is to be learned.
    var trainingRow: JSON { .object(JSONObject([("messages", messages(answered: true))])) }

    /// The row without its last answer, and with what is right.
    var question: JSON {
        var members: [(String, JSON)] = [
            ("messages", messages(answered: false)),
            ("kind", .string(kind)), ("language", .string(language.rawValue)),
        ]
        if let result { members.append(("answer", .string(String(result)))) }
        return .object(JSONObject(members))
    }

    private func messages(answered: Bool) -> JSON {
        var messages: [JSON] = []
        if let system { messages.append(message("system", system)) }
        for (place, turn) in turns.enumerated() {
            messages.append(message("user", turn.question))
            if answered || place < turns.count - 1 { messages.append(message("assistant", turn.response)) }
        }
        return .array(messages)
    }

    private func message(_ role: String, _ content: String) -> JSON {
        .object(JSONObject([("role", .string(role)), ("content", .string(content))]))
    }
}
