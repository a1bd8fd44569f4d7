/// A tensor that a model's configuration implies.
public struct Parameter: Sendable, Equatable {
    /// Its name in the checkpoint.
    public let name: String
    /// Its dimensions; a linear layer's weight is `[out, in]`.
    public let shape: [Int]
}

extension ModelConfig {
    /// Every tensor that a checkpoint must hold, in the order in which a forward pass uses them.
    public var parameters: [Parameter] {
        var parameters = [Parameter(name: "model.embed_tokens.weight", shape: [vocabularySize, hiddenSize])]
        for layer in 0..<layerCount { parameters += block("model.layers.\(layer)") }
        parameters.append(Parameter(name: "model.norm.weight", shape: [hiddenSize]))
        if !tiesWordEmbeddings { parameters.append(headParameter) }
        return parameters
    }

    /// The tensors of one layer for multi-token prediction.
    public func mtpParameters(layer: Int) -> [Parameter] {
        let path = "model.mtp_layers.\(layer)"
        return ["token_layernorm", "hidden_layernorm", "final_layernorm"].map {
            Parameter(name: "\(path).\($0).weight", shape: [hiddenSize])
        } + [Parameter(name: "\(path).input_proj.weight", shape: [hiddenSize, 2 * hiddenSize])] + block(path)
    }

    /// The output head, `[vocabulary, hidden]`; a checkpoint with a tied one may repeat it.
    public var headParameter: Parameter {
        Parameter(name: "lm_head.weight", shape: [vocabularySize, hiddenSize])
    }

    private func block(_ path: String) -> [Parameter] {
        var parameters = [Parameter(name: "\(path).input_layernorm.weight", shape: [hiddenSize])]
        for linear in DecoderLinear.allCases {
            if linear == .gate {
                parameters.append(
                    Parameter(name: "\(path).post_attention_layernorm.weight", shape: [hiddenSize])
                )
            }
            let outputs = linear.outputSize(in: self)
            let name = "\(path).\(linear.path)"
            parameters.append(
                Parameter(name: "\(name).weight", shape: [outputs, linear.inputSize(in: self)])
            )
            if linear.hasBias(in: self) {
                parameters.append(Parameter(name: "\(name).bias", shape: [outputs]))
            }
        }
        if qkNorm {
            parameters += ["q_norm", "k_norm"].map {
                Parameter(name: "\(path).self_attn.\($0).weight", shape: [headSize])
            }
        }
        return parameters
    }
}
