internal import MimoFiles

/// Llama 3's format: the tools stand in the first user message, results in turns of the role `tool`.
struct Llama3ToolFormat: ToolFormat {
    func systemPrompt(for tools: [JSON], system: String?, firstTurn: inout String) throws -> String {
        firstTurn = """
            Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.

            Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}. Do not use variables.

            \(tools.map { $0.text(indent: 4) }.joined(separator: "\n\n"))

            \(firstTurn)
            """
        return system ?? ""
    }

    func text(for calls: [ToolCall]) -> String {
        calls.map { $0.json(argumentsKey: "parameters").text() }.joined(separator: "\n")
    }

    func results(_ results: [String], after answer: inout String, isOnlyPart: Bool, in family: TemplateFamily)
        -> Layout
    {
        let keywords = ActionKeywords()
        if isOnlyPart, keywords.areIn(answer) { return keywords.results(results, after: &answer) }
        let turns: [Layout.Piece] = results.map {
            .text([
                .literal("<|start_header_id|>tool<|end_header_id|>\n\n"), .words($0), .literal("<|eot_id|>"),
            ])
        }
        return Layout("<|eot_id|>") + Layout(turns)
            + Layout("<|start_header_id|>assistant<|end_header_id|>\n\n")
    }

    func strayResults(_ results: [String], in family: TemplateFamily) throws -> [Stretch] {
        throw ChatTemplateError.strayToolResult
    }
}
