public import MimoFiles
import MimoModel

extension LoRAConfig {
    /// The version of PEFT whose form adapter_config.json takes.
    private static let formVersion = "0.20.0"

    /// The content of adapter_config.json: every field of PEFT's, sorted as PEFT sorts them.
    public var json: JSON {
        .object(
            JSONObject([
                ("alora_invocation_tokens", nil),
                (
                    "alpha_pattern",
                    .object(JSONObject(alphaPattern.map { ($0.pattern, Self.number($0.value)) }))
                ),
                ("arrow_config", nil),
                ("auto_mapping", nil),
                ("base_model_name_or_path", baseModel.map { .string($0) } ?? .null),
                ("bias", "none"),
                ("corda_config", nil),
                ("ensure_weight_tying", false),
                ("eva_config", nil),
                ("exclude_modules", excluded.map(Self.value) ?? .null),
                ("fan_in_fan_out", false),
                ("inference_mode", true),
                ("init_lora_weights", initialWeightsValue),
                ("layer_replication", nil),
                ("layers_pattern", nil),
                ("layers_to_transform", layers.map { .array($0.map { .int(Int64($0)) }) } ?? .null),
                ("loftq_config", [:]),
                ("lora_alpha", Self.number(alpha)),
                ("lora_bias", false),
                ("lora_dropout", .double(dropout)),
                ("lora_ga_config", nil),
                ("megatron_config", nil),
                ("megatron_core", "megatron.core"),
                ("modules_to_save", savedModules.isEmpty ? .null : .array(savedModules.map { .string($0) })),
                ("monteclora_config", nil),
                ("peft_type", "LORA"),
                ("peft_version", .string(Self.formVersion)),
                ("qalora_group_size", 16),
                ("r", .int(Int64(rank))),
                (
                    "rank_pattern",
                    .object(JSONObject(rankPattern.map { ($0.pattern, .int(Int64($0.value))) }))
                ),
                ("revision", nil),
                ("target_modules", Self.value(targets)),
                ("target_parameters", nil),
                ("task_type", "CAUSAL_LM"),
                ("trainable_token_indices", nil),
                ("use_bdlora", nil),
                ("use_dora", .bool(usesDoRA)),
                ("use_qalora", false),
                ("use_rslora", .bool(usesRSLoRA)),
                ("velora_config", nil),
            ])
        )
    }

    private var initialWeightsValue: JSON {
        switch initialWeights {
        case .kaiming: true
        case .random: false
        case .gaussian, .pissa: .string(initialWeights.name)
        }
    }

    /// All linear layers are listed by name, as PEFT does on saving: readers need not know the shorthand.
    private static func value(_ targets: TargetModules) -> JSON {
        switch targets {
        case .allLinear: .array(DecoderLinear.allCases.map(\.name).sorted().map { .string($0) })
        case .names(let names): .array(names.map { .string($0) })
        case .pattern(let pattern): .string(pattern)
        }
    }

    /// Whole numbers without a fraction, as Python writes an int.
    private static func number(_ value: Double) -> JSON {
        Int64(exactly: value).map { .int($0) } ?? .double(value)
    }
}
