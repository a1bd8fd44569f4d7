public import MimoFiles

extension ModelConfig {
    /// Reads `config.json` of a model's folder, and the end tokens of its generation_config.json.
    ///
    /// Absent fields take the defaults of transformers' configuration classes.
    ///
    /// - Throws: ``ModelError`` where the file is missing, malformed, or asks for what is not implemented.
    public init(directory: String) throws {
        let folder = try ModelFolder(directory)
        let path = folder.path(of: "config.json")
        try self.init(json: folder.json(named: "config.json"), path: path)
        if folder.contains("generation_config.json") {
            let generation = try folder.object(named: "generation_config.json")
            let ids = try generation.tokenIDs("eos_token_id")
            if !ids.isEmpty { eosTokenIDs = ids }
        }
    }

    /// Reads the content of a config.json.
    ///
    /// - Parameters:
    ///   - json: the file's content.
    ///   - path: the file's path, for messages.
    /// - Throws: ``ModelError``, see ``init(directory:)``.
    public init(json: JSON, path: String) throws {
        guard let members = json.objectValue else {
            throw ModelError.unreadable(path: path, reason: "holds \(json.kind); expected an object")
        }
        let fields = ConfigFields(path: path, members: members)
        let architecture = try Self.architecture(fields)
        try Self.refuseUnsupported(fields)

        hiddenSize = try fields.count("hidden_size")
        intermediateSize = try fields.count("intermediate_size")
        layerCount = try fields.count("num_hidden_layers")
        headCount = try fields.count("num_attention_heads")
        keyValueHeadCount = try fields.count(
            "num_key_value_heads",
            default: architecture == .mistral ? 8 : headCount
        )
        headSize = try fields.count(
            "head_dim",
            default: architecture == .qwen3 ? 128 : hiddenSize / headCount
        )
        vocabularySize = try fields.count("vocab_size")
        rmsNormEpsilon = Float(try fields.positive("rms_norm_eps", default: 1e-6))
        maxPositions = try fields.count(
            "max_position_embeddings",
            default: [.llama: 2048, .mistral: 131_072][architecture] ?? 32_768
        )
        let attentionBias = try fields.flag("attention_bias", default: false)
        // Qwen2's code, which MiMo shares, has these biases whatever the file says; Mistral's has none.
        switch architecture {
        case .mimo, .qwen2: (qkvBias, outputBias) = (true, false)
        case .qwen3, .llama: (qkvBias, outputBias) = (attentionBias, attentionBias)
        case .mistral: (qkvBias, outputBias) = (false, false)
        }
        let mlpHasBias = try fields.flag("mlp_bias", default: false)
        mlpBias = architecture == .llama && mlpHasBias
        qkNorm = architecture == .qwen3
        tiesWordEmbeddings = try fields.flag("tie_word_embeddings", default: false)
        mtpLayerCount =
            architecture == .mimo ? try fields.count("num_nextn_predict_layers", default: 0, atLeast: 0) : 0
        eosTokenIDs = try fields.tokenIDs("eos_token_id")
        rotary = try RotarySettings(fields, maxPositions: maxPositions)
        self.architecture = architecture

        guard headCount % keyValueHeadCount == 0 else {
            throw fields.invalid(
                "num_key_value_heads",
                "\(keyValueHeadCount)",
                "a divisor of the \(headCount) heads"
            )
        }
        guard headSize > 0, headSize % 2 == 0 else {
            throw fields.invalid("head_dim", "\(headSize)", "an even number: rotary positions turn pairs")
        }
        try refuseSlidingWindow(fields)
    }

    private static func architecture(_ fields: ConfigFields) throws -> Architecture {
        let classes = try fields["architectures"].map { value in
            guard let classes = value.arrayValue?.map(\.stringValue), !classes.contains(nil) else {
                throw fields.invalid("architectures", value.text(), "a list of class names")
            }
            return classes.compactMap { $0 }
        }
        let type = try fields.string("model_type")
        let known = Architecture.allCases.first { architecture in
            type.map { $0 == architecture.rawValue } ?? classes?.contains(architecture.className) ?? false
        }
        guard let known, classes?.contains(where: { $0.hasSuffix("ForCausalLM") }) ?? true else {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "the architecture \(classes?.first ?? type ?? "that is not named")",
                advice: "model_type may be " + Architecture.allCases.map(\.rawValue).joined(separator: ", ")
            )
        }
        return known
    }

    private static func refuseUnsupported(_ fields: ConfigFields) throws {
        if let activation = try fields.string("hidden_act"), activation != "silu", activation != "swish" {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "\"hidden_act\": \"\(activation)\"",
                advice: "the feed-forward layers are SwiGLU, with silu"
            )
        }
        if fields["quantization_config"] != nil {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "a quantized checkpoint (\"quantization_config\")",
                advice: "use the original in bfloat16, float16 or float32"
            )
        }
        for experts in ["num_experts", "num_local_experts", "n_routed_experts"] where fields[experts] != nil {
            throw ModelError.unsupported(
                path: fields.path,
                feature: "a mixture of experts (\"\(experts)\")",
                advice: "use a dense model"
            )
        }
    }

    /// A window as long as the model's positions hides nothing and is not in use.
    private func refuseSlidingWindow(_ fields: ConfigFields) throws {
        let window: Int?
        switch architecture {
        case .llama:
            window = nil
        case .mistral:
            // An absent field is transformers' default, an explicit null no window.
            window =
                try fields.members["sliding_window"]?.isNull == true
                ? nil : fields.count("sliding_window", default: 4096)
        case .mimo, .qwen2, .qwen3:
            let layerTypes = try fields["layer_types"].map { value in
                guard let types = value.arrayValue else {
                    throw fields.invalid("layer_types", value.kind, "a list of strings")
                }
                return types
            }
            let fullLayers = try fields.count("max_window_layers", default: 28, atLeast: 0)
            let someLayerSlides = layerTypes?.contains { $0 != "full_attention" } ?? (fullLayers < layerCount)
            let isOn = try fields.flag("use_sliding_window", default: false) && someLayerSlides
            let hasWindow = fields.members["sliding_window"]?.isNull != true
            window = isOn && hasWindow ? try fields.count("sliding_window", default: 4096) : nil
        }
        guard let window, window < maxPositions else { return }
        throw ModelError.unsupported(
            path: fields.path,
            feature: "sliding-window attention (\"sliding_window\": \(window) of \(maxPositions) positions)",
            advice:
                "use a model without it, or set max_position_embeddings to \(window) for rows up to that length"
        )
    }
}
