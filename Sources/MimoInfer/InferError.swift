/// What can be wrong with a request for text, or with what the model makes of it.
public enum InferError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An option's value is out of its range.
    case badOption(_ name: String, found: String, expected: String)
    /// There is nothing to continue.
    case emptyPrompt
    /// The prompt leaves no room for an answer.
    case promptTooLong(tokens: Int, limit: Int)
    /// The prompt has an id that the model does not know.
    case unknownToken(id: Int32, vocabularySize: Int)
    /// The model's logits are not numbers.
    case brokenLogits(position: Int)
    /// Text is asked for, and the model's folder has no tokenizer.
    case noTokenizer(String)
    /// A setting of generation_config.json cannot be used.
    case badGenerationConfig(path: String, reason: String)

    /// One line: what was found, what was expected, what to do.
    public var description: String {
        switch self {
        case .badOption(let name, let found, let expected): "--\(name) is \(found); expected \(expected)"
        case .emptyPrompt: "the prompt has no tokens; expected at least one"
        case .promptTooLong(let tokens, let limit):
            "the prompt has \(tokens) tokens and leaves no room for an answer; the model's limit is \(limit)"
        case .unknownToken(let id, let vocabularySize):
            "the prompt has the id \(id); the model's ids are 0 to \(vocabularySize - 1)"
        case .brokenLogits(let position):
            "the logits of position \(position) are not finite numbers; "
                + "the weights or the adapter are damaged, or do not belong together"
        case .noTokenizer(let directory):
            "\(directory) has no tokenizer.json; give rows of token ids ({\"input_ids\": […]}) or add the file"
        case .badGenerationConfig(let path, let reason): "\(path): \(reason)"
        }
    }
}
