/// Why a tokenizer cannot be had from a directory.
public enum TokenizerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file cannot be read.
    case unreadable(path: String, reason: String)
    /// The folder has no tokenizer.json, but another tool's tokenizer file.
    case onlyOther(directory: String, file: String)
    /// The file is not what a tokenizer file is: `reason` says where and what.
    case malformed(path: String, reason: String)
    /// The file asks for something that this tokenizer does not do, and so would do silently wrong.
    case unsupported(path: String, feature: String)

    /// One line: the file, what is wrong, and what would be right.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .onlyOther(let directory, let file):
            "\(directory) has \(file), which is not read, and no tokenizer.json; make one with Python: import transformers; "
                + "transformers.AutoTokenizer.from_pretrained(\"\(directory)\").save_pretrained(\"\(directory)\")"
        case .malformed(let path, let reason):
            "\(path): not a usable tokenizer: \(reason)"
        case .unsupported(let path, let feature):
            "\(path): \(feature) is not supported; supported is BPE, byte-level as Qwen, MiMo, Llama 3 and SmolLM2 "
                + "have it, or with byte fallback as Llama 2 and Mistral 7B have it"
        }
    }
}
