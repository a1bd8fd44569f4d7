internal import MimoFiles

/// A conversation's messages brought into the form of rounds: user or tool, then assistant, in turn.
struct Turns {
    /// One turn.
    enum Turn {
        /// The user's words.
        case user([Stretch])
        /// Results of tools, laid out up to where the answer begins.
        case tool(Layout)
        /// An answer; neighbouring assistant messages are its parts and keep their own loss settings.
        case assistant([Answer])
        /// A message out of place.
        case other(String)

        var name: String {
            switch self {
            case .user: "user"
            case .tool: "tool"
            case .assistant: "assistant"
            case .other(let name): name
            }
        }

        var isPrompt: Bool {
            switch self {
            case .user, .tool: true
            case .assistant, .other: false
            }
        }
    }

    /// An assistant's message; the text is nil where it is still to be generated.
    struct Answer {
        var text: String?
        var loss: Bool?
        var lossScale: Double?
    }

    var turns: [Turn] = []
    /// The conversation's own system prompt.
    var system: String?
    let tools: [JSON]
    private let template: RoundTemplate

    /// Joins what belongs together: neighbouring calls, users and answers, and results behind their calls.
    ///
    /// - Throws: ``ChatTemplateError`` where calls cannot be read or written.
    init(_ conversation: Conversation, template: RoundTemplate) throws {
        self.template = template
        tools = conversation.tools
        var messages = conversation.messages[...]
        if let first = messages.first, first.role == .system {
            system = first.content ?? ""
            messages = messages.dropFirst()
        }
        while let message = messages.first {
            let run = messages.prefix { $0.role == message.role }
            switch message.role {
            case .system, .user:
                messages = messages.dropFirst()
                append(message)
            case .assistant:
                messages = messages.dropFirst()
                append(Answer(text: message.content, loss: message.loss, lossScale: message.lossScale))
            case .toolCall:
                messages = messages.dropFirst(run.count)
                let calls = try run.map { try ToolCall($0.content ?? "") }
                append(
                    Answer(
                        text: try toolFormat().text(for: calls),
                        loss: run.compactMap(\.loss).first,
                        lossScale: run.compactMap(\.lossScale).first
                    )
                )
            case .tool:
                messages = messages.dropFirst(run.count)
                try append(results: run.map { $0.content ?? "" })
            }
        }
    }

    func toolFormat() throws -> any ToolFormat {
        guard let format = template.toolFormat else {
            throw ChatTemplateError.noToolFormat(template: template.name)
        }
        return format
    }

    private mutating func append(_ message: Message) {
        let words = message.content.map { [Stretch.words($0)] } ?? []
        if message.role == .system {
            turns.append(.other("system"))
        } else if case .user(let before)? = turns.last {
            turns[turns.count - 1] = .user(before + words)
        } else {
            turns.append(.user(words))
        }
    }

    private mutating func append(_ answer: Answer) {
        if case .assistant(let before)? = turns.last {
            turns[turns.count - 1] = .assistant(before + [answer])
        } else {
            turns.append(.assistant([answer]))
        }
    }

    private mutating func append(results: [String]) throws {
        switch turns.last {
        case .assistant(var answers)?:
            var text = answers[answers.count - 1].text ?? ""
            let layout = try toolFormat()
                .results(results, after: &text, isOnlyPart: answers.count == 1, in: template.family)
            answers[answers.count - 1].text = text
            turns[turns.count - 1] = .assistant(answers)
            turns.append(.tool(layout))
        case .user(let words)?:
            turns[turns.count - 1] = .user(
                words + (try toolFormat().strayResults(results, in: template.family))
            )
        default: throw ChatTemplateError.strayToolResult
        }
    }

    /// The index of the last turn of a user or tool, or -1.
    var lastPrompt: Int { turns.lastIndex { $0.isPrompt } ?? -1 }

    /// Changes the first part of the answers among the turns at the given indices.
    mutating func changeAnswers(at indices: some Sequence<Int>, _ change: (String) -> String) {
        for index in indices {
            guard case .assistant(var answers) = turns[index], let text = answers[0].text else { continue }
            answers[0].text = change(text)
            turns[index] = .assistant(answers)
        }
    }

    /// Lets the tool format put its tools where they belong.
    ///
    /// - Returns: the system prompt that the conversation opens with.
    mutating func placeTools(system: String?) throws -> String? {
        guard !tools.isEmpty else { return system }
        guard let first = turns.first else { throw ChatTemplateError.noMessages }
        var text: String
        switch first {
        case .user(let words): text = words.text
        case .assistant(let answers): text = answers[0].text ?? ""
        case .tool, .other: text = ""
        }
        let before = text
        let prompt = try toolFormat().systemPrompt(for: tools, system: system, firstTurn: &text)
        if !text.isSame(as: before) {
            switch first {
            case .user: turns[0] = .user([.words(text)])
            case .assistant: changeAnswers(at: 0..<1) { _ in text }
            case .tool, .other: break
            }
        }
        return prompt
    }

    /// The turns as rounds: an assistant who begins gets an empty user turn, an open end an open answer.
    ///
    /// - Throws: ``ChatTemplateError/unexpectedTurn(found:expected:)`` where the turns do not alternate.
    func rounds() throws -> [Round] {
        var turns = self.turns
        if case .assistant? = turns.first { turns.insert(.user([]), at: 0) }
        if turns.count % 2 == 1 { turns.append(.assistant([Answer()])) }
        guard !turns.isEmpty else { throw ChatTemplateError.noMessages }
        return try stride(from: 0, to: turns.count, by: 2).map { index in
            guard turns[index].isPrompt else {
                throw ChatTemplateError.unexpectedTurn(found: turns[index].name, expected: "a user or tool")
            }
            guard case .assistant(let answers) = turns[index + 1] else {
                throw ChatTemplateError.unexpectedTurn(
                    found: turns[index + 1].name,
                    expected: "the assistant"
                )
            }
            return Round(prompt: turns[index], answers: answers)
        }
    }

    /// A prompt and its answer.
    struct Round {
        let prompt: Turn
        let answers: [Answer]

        /// Whether the answer is there, not still to be generated.
        var isAnswered: Bool { answers.count > 1 || answers[0].text != nil }
    }
}
