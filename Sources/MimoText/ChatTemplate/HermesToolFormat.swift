internal import MimoFiles

/// Hermes' format, which Qwen2.5, Qwen3 and MiMo speak: JSON inside `<tool_call>` and `<tool_response>` tags.
struct HermesToolFormat: ToolFormat {
    func systemPrompt(for tools: [JSON], system: String?, firstTurn: inout String) throws -> String {
        """
        \(system ?? "")

        # Tools

        You may call one or more functions to assist with the user query.

        You are provided with function signatures within <tools></tools> XML tags:
        <tools>
        \(tools.map { $0.text() }.joined(separator: "\n"))
        </tools>

        For each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:
        <tool_call>
        {"name": <function-name>, "arguments": <args-json-object>}
        </tool_call>
        """
    }

    func text(for calls: [ToolCall]) -> String {
        calls.map { "<tool_call>\n\($0.json().text())\n</tool_call>" }.joined(separator: "\n")
    }

    func results(_ results: [String], after answer: inout String, isOnlyPart: Bool, in family: TemplateFamily)
        -> Layout
    {
        let keywords = ActionKeywords()
        if isOnlyPart, keywords.areIn(answer) { return keywords.results(results, after: &answer) }
        return (family.separator ?? .nothing)
            + family.prompt.withoutSystem.filling(query: [.words(tagged(results))])
    }

    func strayResults(_ results: [String], in family: TemplateFamily) throws -> [Stretch] {
        var stretches: [Stretch] = []
        for piece in ((family.separator ?? .nothing) + family.prompt.withoutSystem).pieces {
            guard case .text(let given) = piece else { throw ChatTemplateError.strayToolResult }
            if let before = given.beforeQuery { return stretches + before + [.words(tagged(results))] }
            stretches += given
        }
        throw ChatTemplateError.strayToolResult
    }

    private func tagged(_ results: [String]) -> String {
        results.map { "<tool_response>\n\($0)\n</tool_response>" }.joined(separator: "\n")
    }
}
