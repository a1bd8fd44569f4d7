public import MimoData
public import MimoInfer
public import MimoText

extension RowEncoder {
    /// What a model is asked to answer a conversation, with what the prompt itself begins of the answer.
    ///
    /// - Parameters:
    ///   - conversation: Its last message is the one to answer.
    ///   - options: How the answer is generated.
    ///   - stream: Names the request's random numbers.
    /// - Returns: The request.
    /// - Throws: ``MimoText/ChatTemplateError`` where the conversation does not fit the template.
    public func request(
        for conversation: Conversation,
        options: GenerationOptions,
        stream: UInt64 = 0
    ) throws -> GenerationRequest {
        let prompt = try prompt(for: conversation)
        var prefix = template.suppliedPrefix(of: conversation)
        if prefix.isEmpty {
            // A checkpoint's own template may open the thinking too.
            let end = tokenizer.decode(prompt.suffix(8))
            prefix =
                ["<think>\n", "<think>"].first { end.utf8.reversed().starts(with: $0.utf8.reversed()) } ?? ""
        }
        return GenerationRequest(prompt: prompt, answerPrefix: prefix, options: options, stream: stream)
    }
}
