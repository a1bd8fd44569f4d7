internal import MimoFiles

/// Qwen-Agent's format of the first Qwen models: flowers around the keywords.
struct QwenToolFormat: ToolFormat {
    let language: PromptLanguage
    /// Whether several calls may come before their results.
    let isParallel: Bool
    private let keywords = ActionKeywords(action: "✿FUNCTION✿:", input: "✿ARGS✿:", observation: "✿RESULT✿:")

    init(language: PromptLanguage, isParallel: Bool) {
        self.language = language
        self.isParallel = isParallel
    }

    func systemPrompt(for tools: [JSON], system: String?, firstTurn: inout String) throws -> String {
        let tools = try tools.map(ToolDescription.init)
        let names = tools.map(\.name).joined(separator: ",")
        let list = tools.map { tool in
            let arguments =
                language == .english
                ? "Parameters: \(tool.parameters) Format the arguments as a JSON object."
                : "输入参数：\(tool.parameters) 此工具的输入应为JSON对象。"
            return "### \(tool.humanName)\n\n\(tool.name): \(tool.description) \(arguments)"
        }
        let opening =
            language == .english
            ? "# Tools\n\n## You have access to the following tools:" : "# 工具\n\n## 你拥有如下工具："
        return "\(system ?? "")\n\n\(opening)\n\n\(list.joined(separator: "\n\n"))\n\n\(commands(names))"
    }

    func text(for calls: [ToolCall]) -> String {
        keywords.text(for: calls)
    }

    func results(_ results: [String], after answer: inout String, isOnlyPart: Bool, in family: TemplateFamily)
        -> Layout
    {
        keywords.results(results, after: &answer)
    }

    func strayResults(_ results: [String], in family: TemplateFamily) throws -> [Stretch] {
        throw ChatTemplateError.strayToolResult
    }

    private func commands(_ names: String) -> String {
        switch (language, isParallel) {
        case (.english, false):
            """
            ## When you need to call a tool, please insert the following command in your reply, which can be called zero or multiple times according to your needs:

            ✿FUNCTION✿: The tool to use, should be one of [\(names)]
            ✿ARGS✿: The input of the tool
            ✿RESULT✿: Tool results
            ✿RETURN✿: Reply based on tool results. Images need to be rendered as ![](url)
            """
        case (.chinese, false):
            """
            ## 你可以在回复中插入零次、一次或多次以下命令以调用工具：

            ✿FUNCTION✿: 工具名称，必须是[\(names)]之一。
            ✿ARGS✿: 工具输入
            ✿RESULT✿: 工具结果
            ✿RETURN✿: 根据工具结果进行回复，需将图片用![](url)渲染出来
            """
        case (.english, true):
            """
            ## Insert the following command in your reply when you need to call N tools in parallel:

            ✿FUNCTION✿: The name of tool 1, should be one of [\(names)]
            ✿ARGS✿: The input of tool 1
            ✿FUNCTION✿: The name of tool 2
            ✿ARGS✿: The input of tool 2
            ...
            ✿FUNCTION✿: The name of tool N
            ✿ARGS✿: The input of tool N
            ✿RESULT✿: The result of tool 1
            ✿RESULT✿: The result of tool 2
            ...
            ✿RESULT✿: he result of tool N
            ✿RETURN✿: Reply based on tool results. Images need to be rendered as ![](url)
            """
        case (.chinese, true):
            """
            ## 你可以在回复中插入以下命令以并行调用N个工具：

            ✿FUNCTION✿: 工具1的名称，必须是[\(names)]之一
            ✿ARGS✿: 工具1的输入
            ✿FUNCTION✿: 工具2的名称
            ✿ARGS✿: 工具2的输入
            ...
            ✿FUNCTION✿: 工具N的名称
            ✿ARGS✿: 工具N的输入
            ✿RESULT✿: 工具1的结果
            ✿RESULT✿: 工具2的结果
            ...
            ✿RESULT✿: 工具N的结果
            ✿RETURN✿: 根据工具结果进行回复，需将图片用![](url)渲染出来
            """
        }
    }
}
