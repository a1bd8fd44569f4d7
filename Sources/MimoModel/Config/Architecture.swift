/// The families of decoders that one block with switches covers; raw values are config.json's `model_type`.
public enum Architecture: String, Sendable, CaseIterable {
    /// MiMo-7B: Qwen2's block and layers for multi-token prediction.
    case mimo
    /// Qwen2 and Qwen2.5: bias on q, k and v.
    case qwen2
    /// Qwen3: RMSNorm on each head's query and key.
    case qwen3
    /// Llama 2 and 3, SmolLM2 and what else is declared as Llama.
    case llama
    /// Mistral without sliding window.
    case mistral

    /// The class that config.json's `architectures` names.
    public var className: String {
        switch self {
        case .mimo: "MiMoForCausalLM"
        case .qwen2: "Qwen2ForCausalLM"
        case .qwen3: "Qwen3ForCausalLM"
        case .llama: "LlamaForCausalLM"
        case .mistral: "MistralForCausalLM"
        }
    }
}
