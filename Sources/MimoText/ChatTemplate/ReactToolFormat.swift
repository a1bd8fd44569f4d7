internal import MimoFiles

/// ReAct's format with Qwen's wording of the instructions.
struct ReactToolFormat: ToolFormat {
    let language: PromptLanguage
    private let keywords = ActionKeywords()

    init(language: PromptLanguage) {
        self.language = language
    }

    func systemPrompt(for tools: [JSON], system: String?, firstTurn: inout String) throws -> String {
        let tools = try tools.map(ToolDescription.init)
        let names = tools.map(\.name).joined(separator: ",")
        switch language {
        case .english:
            let list = tools.map {
                "\($0.name): Call this tool to interact with the \($0.humanName) API. "
                    + "What is the \($0.humanName) API useful for? \($0.description) "
                    + "Parameters: \($0.parameters) Format the arguments as a JSON object."
            }
            return """
                Answer the following questions as best you can. You have access to the following tools:

                \(list.joined(separator: "\n\n"))

                Use the following format:

                Question: the input question you must answer
                Thought: you should always think about what to do
                Action: the action to take, should be one of [\(names)]
                Action Input: the input to the action
                Observation: the result of the action
                ... (this Thought/Action/Action Input/Observation can be repeated zero or more times)
                Thought: I now know the final answer
                Final Answer: the final answer to the original input question

                Begin!

                """
        case .chinese:
            let list = tools.map {
                "\($0.name): 调用此工具与 \($0.humanName) API 进行交互。"
                    + "\($0.humanName) 有什么用？\($0.description) 输入参数：\($0.parameters) 此工具的输入应为JSON对象。"
            }
            return """
                尽可能地回答以下问题。你可以使用以下工具:

                \(list.joined(separator: "\n\n"))

                请按照以下格式进行:

                Question: 需要你回答的输入问题
                Thought: 你应该总是思考该做什么
                Action: 需要使用的工具，应该是[\(names)]中的一个
                Action Input: 传入工具的内容
                Observation: 行动的结果
                ... (这个Thought/Action/Action Input/Observation可以重复N次)
                Thought: 我现在知道最后的答案
                Final Answer: 对原始输入问题的最终答案

                现在开始！

                """
        }
    }

    func text(for calls: [ToolCall]) -> String {
        keywords.text(for: calls)
    }

    func results(_ results: [String], after answer: inout String, isOnlyPart: Bool, in family: TemplateFamily)
        -> Layout
    {
        keywords.results(results, after: &answer)
    }

    func strayResults(_ results: [String], in family: TemplateFamily) -> [Stretch] {
        results.flatMap { [.literal("\n\(keywords.observation)\n"), .words($0)] }
    }
}
