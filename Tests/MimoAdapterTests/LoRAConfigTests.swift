import Foundation
import MimoAdapter
import MimoFiles
import MimoModel
import MimoTestSupport
import Testing

@Suite struct LoRAConfigTests {
    static func config(_ changes: [(String, JSON?)] = []) throws -> LoRAConfig {
        var members = JSONObject([
            ("peft_type", "LORA"), ("r", 4), ("lora_alpha", 8), ("target_modules", ["q_proj"]),
        ])
        for (key, value) in changes { members[key] = value }
        return try LoRAConfig(json: .object(members), path: "adapter_config.json")
    }

    static func tiny(_ name: String = "tiny-mimo") throws -> ModelConfig {
        try ModelConfig(directory: Golden.path("model/\(name)"))
    }

    @Test(arguments: GoldenAdapter.all)
    func `modules and their scalings are PEFT's`(golden: GoldenAdapter) throws {
        let modules = try LoRAConfig(directory: golden.directory).modules(
            of: ModelConfig(directory: golden.base)
        )
        let json = try JSON(
            parsing: [UInt8](try Data(contentsOf: URL(filePath: golden.expected("scalings.json"))))
        )
        let expected = try #require(json.objectValue)
        #expect(modules.map(\.path) == expected.keys)
        for (module, scaling) in zip(modules, expected.values) {
            #expect(module.scaling == scaling.doubleValue)
        }
    }

    @Test(arguments: GoldenAdapter.all)
    func `PEFT's file written again is the same bytes`(golden: GoldenAdapter) throws {
        let config = try LoRAConfig(directory: golden.directory)
        let original = try String(contentsOfFile: "\(golden.directory)/adapter_config.json", encoding: .utf8)
        #expect(config.json.text(indent: 2) + "\n" == original)
    }

    @Test func `every setting comes back from the file`() throws {
        let config = LoRAConfig(
            rank: 3,
            alpha: 1.5,
            dropout: 0.1,
            targets: .pattern(#".*\.(q|v)_proj"#),
            excluded: .names(["layers.0.self_attn.q_proj"]),
            layers: [0, 2],
            rankPattern: [.init("v_proj", 5), .init("q_proj", 2)],
            alphaPattern: [.init("v_proj", 2.5)],
            usesRSLoRA: true,
            baseModel: "org/é"
        )
        #expect(try LoRAConfig(json: config.json, path: "x") == config)
        let listed = LoRAConfig()
        var expected = listed
        expected.targets = .names([
            "down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj",
        ])
        #expect(try LoRAConfig(json: listed.json, path: "x") == expected)
    }

    @Test(arguments: [
        (TargetModules("q_proj"), 3), (TargetModules("all-linear"), 21),
        (.names(["q_proj", "down_proj"]), 6),
        (TargetModules("self_attn.k_proj"), 3), (TargetModules("model.layers.1.mlp.up_proj"), 1),
        (.pattern(#".*\.(q|v)_proj"#), 6), (.pattern(#"model\.layers\.(0|2)\.mlp\..*"#), 6),
        (.pattern(#"(?!.*mlp).*_proj$"#), 12), (.pattern(#"^model\.layers\.\d\.self_attn\.o_proj$"#), 3),
    ])
    func `targets are ends of paths or expressions for whole ones`(targets: TargetModules, count: Int) throws
    {
        #expect(try LoRAConfig(targets: targets).modules(of: Self.tiny()).count == count)
    }

    @Test(arguments: [
        TargetModules.names(["proj"]), .names(["_proj"]), .names([""]), .names([]), .pattern("q_proj"),
        .pattern(#"layers\.0\..*"#), .names(["layers.0"]), .names(["Q_PROJ"]),
    ])
    func `targets that name nothing are refused`(targets: TargetModules) throws {
        let error = try #require(throws: AdapterError.self) {
            try LoRAConfig(targets: targets).modules(of: Self.tiny())
        }
        guard case .noTargets = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test(arguments: [
        (TargetModules.names(["q_proj", "lm_head"]), 3), (.pattern(".*"), 21),
        (.names(["up_proj", "embed_tokens"]), 3),
    ])
    func `the head and the embedding cannot be adapted, unless they are excluded`(
        targets: TargetModules,
        others: Int
    ) throws {
        let error = try #require(throws: AdapterError.self) {
            try LoRAConfig(targets: targets).modules(of: Self.tiny())
        }
        guard case .unsupportedTarget = error else {
            Issue.record("\(error)")
            return
        }
        let excluded = LoRAConfig(targets: targets, excluded: .names(["lm_head", "model.embed_tokens"]))
        #expect(try excluded.modules(of: Self.tiny()).count == others)
    }

    @Test func `exclusions and layers narrow the targets, whole paths overrule the layers`() throws {
        let config = LoRAConfig(
            targets: .names(["q_proj", "model.layers.0.self_attn.v_proj"]),
            excluded: .pattern(#".*layers\.2\..*"#),
            layers: [1, 2]
        )
        #expect(
            try config.modules(of: Self.tiny()).map(\.path)
                == ["model.layers.0.self_attn.v_proj", "model.layers.1.self_attn.q_proj"]
        )
    }

    @Test func `the first pattern that matches the end of a path counts`() throws {
        let config = LoRAConfig(
            rank: 4,
            alpha: 4,
            targets: .names(["q_proj", "down_proj"]),
            rankPattern: [
                .init("layers.1.self_attn.q_proj", 16), .init("q_proj", 8),
                .init("layers.1.self_attn.q_proj", 99),
                .init("own_proj", 7), .init(#"^model\.layers\.[02]\.mlp\..*"#, 2),
                .init("down_proj|q_proj", 1),
            ],
            alphaPattern: [.init("proj", 99), .init("mlp.down_proj", 6)]
        )
        let modules = try config.modules(of: Self.tiny())
        #expect(modules.map(\.rank) == [8, 2, 16, 1, 8, 2])
        #expect(modules.map(\.scaling) == [0.5, 3, 0.25, 6, 0.5, 3])
    }

    @Test func `rsLoRA divides by the square root of the module's own rank`() throws {
        let config = LoRAConfig(
            rank: 4,
            alpha: 8,
            targets: .names(["q_proj", "v_proj"]),
            rankPattern: [.init("v_proj", 9)],
            usesRSLoRA: true
        )
        #expect(Set(try config.modules(of: Self.tiny()).map(\.scaling)) == [4, 8.0 / 3])
    }

    @Test(arguments: ["(", "[a", "*", "a{2,1}", "q_proj)|(.*"])
    func `a malformed expression is an error that quotes it`(pattern: String) throws {
        for config in [
            LoRAConfig(targets: .pattern(pattern)), LoRAConfig(rankPattern: [.init(pattern, 1)]),
            LoRAConfig(alphaPattern: [.init(pattern, 1)]), LoRAConfig(excluded: .pattern(pattern)),
        ] {
            let error = try #require(throws: AdapterError.self) { try config.modules(of: Self.tiny()) }
            guard case .invalidPattern(pattern, _) = error else {
                Issue.record("\(error)")
                continue
            }
        }
    }

    @Test func `settings out of range are refused`() throws {
        for config in [
            LoRAConfig(rank: 0), LoRAConfig(rank: -1), LoRAConfig(rank: 1 << 17), LoRAConfig(alpha: .nan),
            LoRAConfig(alpha: .infinity), LoRAConfig(dropout: 1), LoRAConfig(dropout: -0.1),
            LoRAConfig(dropout: .nan),
            LoRAConfig(rankPattern: [.init("q_proj", 0)]), LoRAConfig(alphaPattern: [.init("q_proj", .nan)]),
        ] {
            let error = #expect(throws: AdapterError.self) { try config.validate() }
            guard case .invalidOption = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let error = #expect(throws: AdapterError.self) { try LoRAConfig(rank: 0).validate() }
        #expect(error?.description == "lora_rank is 0; expected a whole number from 1 to 65536")
    }

    @Test(
        arguments: [
            ("bias", "all"), ("peft_type", "IA3"),
            ("task_type", "SEQ_CLS"), ("fan_in_fan_out", true), ("init_lora_weights", "pissa_niter_4"),
            ("layer_replication", [[0, 1]]), ("trainable_token_indices", [1]), ("target_parameters", ["x"]),
            ("lora_bias", true), ("alora_invocation_tokens", [1]), ("use_qalora", true),
        ] as [(String, JSON)]
    )
    func `what is not implemented is refused by name`(field: String, value: JSON) throws {
        let error = try #require(throws: ModelError.self) { try Self.config([(field, value)]) }
        guard case .unsupported("adapter_config.json", let feature, _) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(feature == "\"\(field)\": \(value.text())")
    }

    @Test(
        arguments: [
            ("r", 0), ("r", nil), ("r", "8"), ("r", 1.5), ("lora_alpha", "x"), ("target_modules", nil),
            ("target_modules", 3), ("target_modules", [1]), ("peft_type", nil), ("rank_pattern", ["a": "b"]),
            ("rank_pattern", []), ("alpha_pattern", ["a": true]), ("lora_dropout", 2),
            ("layers_to_transform", "all"),
            ("use_rslora", "yes"), ("base_model_name_or_path", 1),
        ] as [(String, JSON?)]
    )
    func `a field that holds what it cannot is an error`(field: String, value: JSON?) throws {
        let error = try #require(throws: ModelError.self) { try Self.config([(field, value)]) }
        guard case .invalidConfig("adapter_config.json", _, _, _) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func `fields that other versions add and that change nothing are let be`() throws {
        let config = try Self.config([
            ("lora_dtype", "float32"), ("lorap_lr_ratio", nil), ("new_feature", ["x": 1]), ("use_dora", nil),
            ("modules_to_save", []), ("loftq_config", [:]), ("init_lora_weights", "gaussian"),
            ("task_type", nil),
        ])
        var expected = LoRAConfig(rank: 4, alpha: 8, dropout: 0, targets: .names(["q_proj"]))
        expected.initialWeights = .gaussian
        #expect(config == expected)
    }

    @Test func `what is trained beside the matrices is read and written`() throws {
        let config = try Self.config([("use_dora", true), ("modules_to_save", ["lm_head", "norm"])])
        #expect(config.usesDoRA && config.savedModules == ["lm_head", "norm"])
        #expect(try LoRAConfig(json: config.json, path: "") == config)
    }

    @Test func `saved modules are found by the ends of their paths, and must be some`() throws {
        let model = try ModelConfig(directory: Golden.path("model/tiny-qwen3"))
        var config = LoRAConfig(targets: .names(["q_proj"]))
        func names(_ modules: [String]) throws -> [String] {
            config.savedModules = modules
            return try config.savedParameters(of: model).map(\.name)
        }
        #expect(
            try names(["model.norm", "embed_tokens"]) == ["model.embed_tokens.weight", "model.norm.weight"]
        )
        #expect(try names(["norm"]).count == model.layerCount * 4 + 1)
        #expect(try names(["0.mlp"]).count == 3)
        #expect(throws: AdapterError.noSavedModule(name: "wte")) { try names(["norm", "wte"]) }
        #expect(throws: AdapterError.savedTarget(path: "model.layers.0.self_attn.q_proj")) {
            try names(["self_attn.q_proj"])
        }
    }
}
