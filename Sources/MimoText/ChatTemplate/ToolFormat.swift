internal import MimoFiles

/// How a model family writes tools, calls and results.
protocol ToolFormat: Sendable {
    /// The system prompt that tells the model its tools.
    ///
    /// - Parameters:
    ///   - tools: the schemas.
    ///   - system: the conversation's system prompt.
    ///   - firstTurn: the text of the first message, which some formats put the tools into.
    /// - Returns: the whole system prompt.
    /// - Throws: ``ChatTemplateError/badTool(_:)`` where a schema lacks what the format prints.
    func systemPrompt(for tools: [JSON], system: String?, firstTurn: inout String) throws -> String

    /// The assistant's text for neighbouring calls.
    func text(for calls: [ToolCall]) throws -> String

    /// The turn that holds results, up to where the answer begins.
    ///
    /// - Parameters:
    ///   - results: what the tools said.
    ///   - answer: the assistant's text before; a format may append to it.
    ///   - isOnlyPart: whether that text is the assistant's whole turn.
    ///   - family: the template.
    /// - Returns: the turn.
    func results(_ results: [String], after answer: inout String, isOnlyPart: Bool, in family: TemplateFamily)
        -> Layout

    /// What is appended to a user's text where results follow it without a call.
    ///
    /// - Throws: ``ChatTemplateError/strayToolResult`` where the format has no such thing.
    func strayResults(_ results: [String], in family: TemplateFamily) throws -> [Stretch]
}

/// The tool formats by name (`--agent_template`).
enum ToolFormats {
    static let names = [
        "hermes", "react_en", "react_zh", "qwen_en", "qwen_zh", "qwen_en_parallel", "qwen_zh_parallel",
        "llama3",
    ]

    static func named(_ name: String) throws -> any ToolFormat {
        switch name {
        case "hermes": return HermesToolFormat()
        case "react_en": return ReactToolFormat(language: .english)
        case "react_zh": return ReactToolFormat(language: .chinese)
        case "qwen_en": return QwenToolFormat(language: .english, isParallel: false)
        case "qwen_zh": return QwenToolFormat(language: .chinese, isParallel: false)
        case "qwen_en_parallel": return QwenToolFormat(language: .english, isParallel: true)
        case "qwen_zh_parallel": return QwenToolFormat(language: .chinese, isParallel: true)
        case "llama3": return Llama3ToolFormat()
        default: throw ChatTemplateError.unknownToolFormat(name)
        }
    }
}

/// The languages that prose formats come in.
enum PromptLanguage: Sendable {
    case english, chinese
}

/// Formats that mark calls and results by keywords, as ReAct introduced it (https://arxiv.org/abs/2210.03629).
struct ActionKeywords: Sendable {
    var action = "Action:"
    var input = "Action Input:"
    var observation = "Observation:"

    /// Whether the answer holds a call.
    func areIn(_ answer: String) -> Bool {
        answer.utf8Contains(action) && answer.utf8Contains(input)
    }

    func text(for calls: [ToolCall]) -> String {
        calls.map { call in
            "\(action) \(Self.printed(call.name))\n\(input) \(Self.printed(call.arguments))\n"
        }.joined() + observation
    }

    /// The results as bare pieces: each on a line of its own behind its keyword where the answer called by
    /// keywords, else one after the other.
    func results(_ results: [String], after answer: inout String) -> Layout {
        guard areIn(answer) else { return Layout(results.map { .text([.words($0)]) }) }
        if !answer.utf8Ends(with: observation) {
            if !answer.utf8Ends(with: "\n") { answer += "\n" }
            answer += observation
        }
        var pieces: [Layout.Piece] = []
        for (index, result) in results.enumerated() {
            if index > 0 { pieces.append(.text([.literal(observation)])) }
            pieces.append(.text([.words(result)]))
            if !result.utf8Ends(with: "\n") { pieces.append(.text([.literal("\n")])) }
        }
        return Layout(pieces)
    }

    /// Values are printed as Python prints them.
    private static func printed(_ value: JSON) -> String {
        value.stringValue ?? PythonLiteral.text(of: value)
    }
}
