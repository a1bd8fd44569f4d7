import MimoFiles
import MimoModel
import MimoTestSupport
import Testing

@Suite struct ModelConfigTests {
    /// A small Llama's config.json with some members replaced; nil takes one out.
    static func config(_ changes: [(String, JSON?)] = []) throws -> ModelConfig {
        var members = JSONObject([
            ("model_type", "llama"), ("hidden_size", 64), ("intermediate_size", 96), ("num_hidden_layers", 2),
            ("num_attention_heads", 4), ("num_key_value_heads", 2), ("vocab_size", 100),
            ("max_position_embeddings", 512), ("rms_norm_eps", 1e-5),
        ])
        for (key, value) in changes { members[key] = value }
        return try ModelConfig(json: .object(members), path: "config.json")
    }

    @Test func `MiMo's config is read with its switches`() throws {
        let config = try ModelConfig(directory: Golden.path("model/tiny-mimo"))
        #expect(
            config
                == ModelConfig(
                    architecture: .mimo,
                    hiddenSize: 64,
                    intermediateSize: 160,
                    layerCount: 3,
                    headCount: 4,
                    keyValueHeadCount: 2,
                    headSize: 16,
                    vocabularySize: 320,
                    rmsNormEpsilon: 1e-5,
                    maxPositions: 512,
                    qkvBias: true,
                    mtpLayerCount: 1,
                    eosTokenIDs: [2],
                    rotary: RotarySettings(theta: 640_000)
                )
        )
    }

    @Test func `heads may be wider than the hidden size divided among them`() throws {
        let config = try ModelConfig(directory: Golden.path("model/tiny-qwen3"))
        #expect(config.headSize == 32)
        #expect(config.querySize == 128)
        #expect(config.qkNorm && config.tiesWordEmbeddings && !config.qkvBias)
        #expect(try Self.config([("model_type", "qwen3")]).headSize == 128, "Qwen3's default")
        #expect(try Self.config([("head_dim", nil)]).headSize == 16)
    }

    @Test func `the newer rope_parameters give the base`() throws {
        let config = try ModelConfig(directory: Golden.path("model/tiny-mistral"))
        #expect(config.rotary == RotarySettings(theta: 100_000))
        #expect(config.keyValueHeadCount == 4)
    }

    @Test func `Llama's attention_bias covers the output projection, Qwen2's bias does not`() throws {
        let llama = try Self.config([("attention_bias", true), ("mlp_bias", true)])
        #expect(llama.qkvBias && llama.outputBias && llama.mlpBias)
        let qwen = try Self.config([("model_type", "qwen2"), ("attention_bias", true), ("mlp_bias", true)])
        #expect(qwen.qkvBias && !qwen.outputBias && !qwen.mlpBias)
        let mistral = try Self.config([("model_type", "mistral"), ("attention_bias", true)])
        #expect(!mistral.qkvBias && !mistral.outputBias)
    }

    @Test func `a model is known by its class where model_type is missing`() throws {
        let config = try Self.config([("model_type", nil), ("architectures", ["MiMoForCausalLM"])])
        #expect(config.architecture == .mimo)
    }

    @Test func `generation_config's end tokens come first`() throws {
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: Golden.path("model/tiny-llama"))
        #expect(try ModelConfig(directory: folder.path).eosTokenIDs == [2])
        try folder.write(#"{"eos_token_id": [7, 9]}"#, to: "generation_config.json")
        #expect(try ModelConfig(directory: folder.path).eosTokenIDs == [7, 9])
        try folder.write(#"{"eos_token_id": null}"#, to: "generation_config.json")
        #expect(try ModelConfig(directory: folder.path).eosTokenIDs == [2])
    }

    @Test func `rotary scaling is read under either spelling`() throws {
        let llama3: JSON = [
            "rope_type": "llama3", "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4,
            "original_max_position_embeddings": 8192,
        ]
        #expect(
            try Self.config([("rope_scaling", llama3), ("rope_theta", 500_000)]).rotary
                == RotarySettings(
                    theta: 500_000,
                    scaling: .llama3(factor: 32, lowFrequency: 1, highFrequency: 4, originalPositions: 8192)
                )
        )
        #expect(
            try Self.config([("rope_scaling", ["type": "linear", "factor": 2.5])]).rotary
                == RotarySettings(theta: 10_000, scaling: .linear(factor: 2.5))
        )
        #expect(try Self.config([("rope_scaling", nil)]).rotary.scaling == .none)
        #expect(try Self.config([("rope_scaling", ["rope_type": "default"])]).rotary.scaling == .none)
    }

    @Test func `YaRN's factor follows from the positions where it is null`() throws {
        let config = try Self.config([
            ("rope_scaling", ["rope_type": "yarn", "factor": nil, "original_max_position_embeddings": 128])
        ])
        guard case .yarn(let yarn) = config.rotary.scaling else {
            Issue.record("not YaRN: \(config.rotary.scaling)")
            return
        }
        #expect(yarn.factor == 4)
        #expect(yarn.originalPositions == 128)
    }

    @Test func `a window that hides nothing is no sliding window`() throws {
        _ = try Self.config([("model_type", "mistral"), ("sliding_window", nil)])
        _ = try Self.config([("model_type", "mistral"), ("sliding_window", 4096)])
        _ = try Self.config([("model_type", "qwen2"), ("sliding_window", 128)])
        let qwen: [(String, JSON?)] = [
            ("model_type", "qwen2"), ("sliding_window", 128), ("use_sliding_window", true),
        ]
        _ = try Self.config(qwen)
        _ = try Self.config(qwen + [("max_window_layers", 2)])
        #expect(throws: ModelError.self) { try Self.config(qwen + [("max_window_layers", 1)]) }
        #expect(throws: ModelError.self) {
            try Self.config(qwen + [("layer_types", ["full_attention", "sliding_attention"])])
        }
        let error = #expect(throws: ModelError.self) {
            try Self.config([("model_type", "mistral"), ("sliding_window", 256)])
        }
        #expect(error?.description.contains(#""sliding_window": 256 of 512 positions"#) == true)
    }

    @Test(
        arguments: [
            ("model_type", "mamba", "mamba"), ("hidden_act", "gelu", "gelu"),
            ("rope_scaling", ["rope_type": "longrope", "factor": 2], "longrope"),
            ("rope_scaling", ["type": "dynamic", "factor": 2], "dynamic"),
            ("rope_parameters", ["full_attention": ["rope_type": "default"]], "full_attention"),
            ("partial_rotary_factor", 0.5, "partial_rotary_factor"),
            ("quantization_config", ["bits": 4], "quantization_config"),
            ("num_local_experts", 8, "num_local_experts"),
            ("architectures", ["LlamaForSequenceClassification"], "LlamaForSequenceClassification"),
        ] as [(String, JSON, String)]
    )
    func `what is not implemented is refused by name`(field: String, value: JSON, named: String) throws {
        let error = try #require(throws: ModelError.self) { try Self.config([(field, value)]) }
        guard case .unsupported(let path, let feature, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path == "config.json")
        #expect(feature.contains(named))
    }

    @Test(
        arguments: [
            ("hidden_size", nil), ("hidden_size", 0), ("hidden_size", "64"), ("hidden_size", 64.5),
            ("vocab_size", 1_000_000_000_000), ("num_key_value_heads", 3), ("head_dim", 15),
            ("rms_norm_eps", 0),
            ("tie_word_embeddings", 1), ("eos_token_id", [1, "x"]), ("rope_theta", -1),
            ("rope_scaling", "yarn"),
            ("architectures", "LlamaForCausalLM"), ("hidden_act", 3), ("num_hidden_layers", -1),
        ] as [(String, JSON?)]
    )
    func `a field that holds what it cannot is named`(field: String, value: JSON?) throws {
        let error = try #require(throws: ModelError.self) { try Self.config([(field, value)]) }
        guard case .invalidConfig(_, field, _, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `a missing or malformed file is an error with its path`() throws {
        let folder = try TemporaryFolder()
        let missing = #expect(throws: ModelError.self) { try ModelConfig(directory: folder.path) }
        #expect(missing?.description == "\(folder.path)/config.json: No such file or directory")
        for text in ["", "{", "[]", "{}{}"] {
            try folder.write(text, to: "config.json")
            let error = #expect(throws: ModelError.self) { try ModelConfig(directory: folder.path) }
            #expect(error?.description.hasPrefix("\(folder.path)/config.json: ") == true)
        }
        let nowhere = #expect(throws: ModelError.self) { try ModelConfig(directory: "/nowhere/at-all") }
        #expect(nowhere == .unreadable(path: "/nowhere/at-all", reason: "No such file or directory"))
    }
}
