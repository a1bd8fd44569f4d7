/// What can be wrong with a model's folder, its configuration or its weights.
public enum ModelError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A file or folder of the model cannot be read.
    case unreadable(path: String, reason: String)
    /// A field of config.json, or of the index of shards, holds something that it cannot.
    case invalidConfig(path: String, field: String, found: String, expected: String)
    /// The configuration asks for something that is not implemented.
    case unsupported(path: String, feature: String, advice: String)
    /// A file is no safetensors file, or a damaged one.
    case invalidSafetensors(path: String, reason: String)
    /// One tensor of a safetensors file is described wrongly or is not what was asked for.
    case invalidTensor(path: String, tensor: String, reason: String)
    /// A tensor that the configuration implies is in none of the files.
    case missingTensor(path: String, tensor: String, expected: [Int])
    /// A file holds a tensor that the configuration does not imply.
    case unexpectedTensor(path: String, tensor: String)
    /// A tensor has another shape than the configuration implies.
    case wrongShape(path: String, tensor: String, found: [Int], expected: [Int])
    /// No folder and no model in the caches has that name; `searched` is empty where it can only be a path.
    case modelNotFound(name: String, searched: [String])

    /// One line: the file, what was found, what was expected, what to do.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): \(reason)"
        case .invalidConfig(let path, let field, let found, let expected):
            "\(path): \"\(field)\" is \(found); expected \(expected)"
        case .unsupported(let path, let feature, let advice):
            "\(path): \(feature) is not supported; \(advice)"
        case .invalidSafetensors(let path, let reason):
            "\(path): not a valid safetensors file: \(reason); download it again or restore it"
        case .invalidTensor(let path, let tensor, let reason):
            "\(path): tensor \"\(tensor)\" \(reason)"
        case .missingTensor(let path, let tensor, let expected):
            "\(path): tensor \"\(tensor)\" is missing; config.json implies one of shape \(expected)"
        case .unexpectedTensor(let path, let tensor):
            "\(path): tensor \"\(tensor)\" is not part of the model that config.json describes; "
                + "check that both belong together"
        case .wrongShape(let path, let tensor, let found, let expected):
            "\(path): tensor \"\(tensor)\" has shape \(found); config.json implies \(expected)"
        case .modelNotFound(let name, let searched) where searched.isEmpty:
            "\(name): no such folder; expected a model's folder, or its id on a hub (ORG/NAME)"
        case .modelNotFound(let name, let searched):
            "\(name): no such folder, and not downloaded to \(searched.joined(separator: " or ")); "
                + "download it with: hf download \(name), or: modelscope download --model \(name)"
        }
    }
}
