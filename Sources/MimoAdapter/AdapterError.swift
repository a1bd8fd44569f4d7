/// What can be wrong with an adapter, or with an adapter and a base together.
///
/// Files that cannot be read and fields that hold what they cannot are ``MimoModel/ModelError``s.
public enum AdapterError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A setting of a new adapter is out of its range.
    case invalidOption(name: String, found: String, expected: String)
    /// A regular expression of `target_modules` or a pattern table cannot be read.
    case invalidPattern(pattern: String, reason: String)
    /// No linear layer of the base is a target.
    case noTargets(targets: String)
    /// A target is no linear layer of the decoder blocks.
    case unsupportedTarget(target: String)
    /// A module that is to be trained whole is none of the base's.
    case noSavedModule(name: String)
    /// A module is to be trained whole and to have an update.
    case savedTarget(path: String)
    /// A tensor that the adapter's configuration implies is missing.
    case missingTensor(path: String, tensor: String, expected: [Int])
    /// The file holds a tensor that the adapter's configuration does not imply.
    case unexpectedTensor(path: String, tensor: String)
    /// A tensor's rank is not the one that the adapter's configuration implies.
    case wrongRank(path: String, tensor: String, found: [Int], expected: [Int])
    /// A tensor does not fit the base's layer.
    case wrongBase(path: String, tensor: String, found: [Int], expected: [Int])
    /// A tensor holds NaN or infinity.
    case notFinite(path: String, tensor: String)
    /// A merged weight would hold NaN or infinity.
    case mergeNotFinite(tensor: String, type: String)
    /// Where the merged model is to go, something stands already.
    case outputExists(path: String)
    /// The merged model would take the place of what it is made from.
    case outputHoldsInput(output: String, input: String)
    /// The disk has too little room for the merged model.
    case noSpace(path: String, needed: Int, free: Int)

    /// One line: the file or option, what was found, what was expected, what to do.
    public var description: String {
        switch self {
        case .invalidOption(let name, let found, let expected):
            "\(name) is \(found); expected \(expected)"
        case .invalidPattern(let pattern, let reason):
            "\"\(pattern)\" is no valid regular expression: \(reason)"
        case .noTargets(let targets):
            "target modules \(targets) match no linear layer of the decoder blocks; "
                + "use all-linear, or names such as q_proj or model.layers.0.mlp.down_proj"
        case .unsupportedTarget(let target):
            "target module \"\(target)\" is no linear layer of the decoder blocks, which are "
                + "q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj and down_proj; take it off the list"
        case .noSavedModule(let name):
            "modules_to_save \"\(name)\" is the end of no module's path; use names such as embed_tokens, lm_head or norm"
        case .savedTarget(let path):
            "\(path) is trained whole (modules_to_save) and has an update (target_modules); choose one"
        case .missingTensor(let path, let tensor, let expected):
            "\(path): tensor \"\(tensor)\" is missing; adapter_config.json implies one of shape \(expected)"
        case .unexpectedTensor(let path, let tensor):
            "\(path): tensor \"\(tensor)\" is not part of the adapter that adapter_config.json describes "
                + "for this base model"
        case .wrongRank(let path, let tensor, let found, let expected):
            "\(path): tensor \"\(tensor)\" has shape \(found); the rank in adapter_config.json implies \(expected)"
        case .wrongBase(let path, let tensor, let found, let expected):
            "\(path): tensor \"\(tensor)\" has shape \(found), this base model's layer takes \(expected); "
                + "the adapter was made for another base"
        case .notFinite(let path, let tensor):
            "\(path): tensor \"\(tensor)\" holds NaN or infinity; the training that wrote it went wrong"
        case .mergeNotFinite(let tensor, let type):
            "merged tensor \"\(tensor)\" would hold NaN or infinity in \(type); nothing was written"
        case .outputExists(let path):
            "\(path): is there already and not empty; choose another folder or allow replacing it"
        case .outputHoldsInput(let output, let input):
            "\(output): cannot be replaced, since \(input) is made from or lies in it; choose another folder"
        case .noSpace(let path, let needed, let free):
            "\(path): the merged model takes \(needed) bytes, the disk has \(free) free; "
                + "free some space or choose another folder"
        }
    }
}
