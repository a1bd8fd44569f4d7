/// The linear layers of a decoder block: those that an adapter can change.
public enum DecoderLinear: Int, Sendable, CaseIterable, Hashable {
    case query, key, value, output, gate, up, down

    /// The last part of the module's path, as `target_modules` lists it.
    public var name: String {
        switch self {
        case .query: "q_proj"
        case .key: "k_proj"
        case .value: "v_proj"
        case .output: "o_proj"
        case .gate: "gate_proj"
        case .up: "up_proj"
        case .down: "down_proj"
        }
    }

    /// The module's path within its block.
    public var path: String {
        switch self {
        case .query, .key, .value, .output: "self_attn.\(name)"
        case .gate, .up, .down: "mlp.\(name)"
        }
    }

    /// The module's path within the model: `model.layers.3.self_attn.q_proj`.
    public func path(inLayer layer: Int) -> String { "model.layers.\(layer).\(path)" }

    /// Size of the input vectors.
    public func inputSize(in config: ModelConfig) -> Int {
        switch self {
        case .query, .key, .value, .gate, .up: config.hiddenSize
        case .output: config.querySize
        case .down: config.intermediateSize
        }
    }

    /// Size of the output vectors.
    public func outputSize(in config: ModelConfig) -> Int {
        switch self {
        case .query: config.querySize
        case .key, .value: config.keyValueSize
        case .output, .down: config.hiddenSize
        case .gate, .up: config.intermediateSize
        }
    }

    /// Whether the layer adds a bias.
    public func hasBias(in config: ModelConfig) -> Bool {
        switch self {
        case .query, .key, .value: config.qkvBias
        case .output: config.outputBias
        case .gate, .up, .down: config.mlpBias
        }
    }
}
