public import MimoFiles
import MimoModel

extension LoRAConfig {
    static let fileName = "adapter_config.json"

    /// Reads adapter_config.json of an adapter's folder.
    ///
    /// - Throws: ``MimoModel/ModelError`` where it is missing, malformed, or asks for what is not implemented.
    public init(directory: String) throws {
        let folder = try ModelFolder(directory)
        try self.init(json: folder.json(named: Self.fileName), path: folder.path(of: Self.fileName))
    }

    /// Reads the content of an adapter_config.json, of any version of PEFT.
    ///
    /// - Parameters:
    ///   - json: the file's content.
    ///   - path: the file's path, for messages.
    /// - Throws: as ``init(directory:)``.
    public init(json: JSON, path: String) throws {
        guard let members = json.objectValue else {
            throw ModelError.unreadable(path: path, reason: "holds \(json.kind); expected an object")
        }
        let fields = ConfigFields(path: path, members: members)
        try Self.refuseUnsupported(fields)
        guard fields["target_modules"] != nil else {
            throw fields.invalid("target_modules", "missing", "a list of names, or a string")
        }
        self.init(
            rank: try fields.count("r"),
            alpha: try fields.number("lora_alpha", default: 8),
            dropout: try fields.number("lora_dropout", default: 0),
            targets: try fields.targets("target_modules") ?? .allLinear,
            excluded: try fields.targets("exclude_modules"),
            layers: try fields.layers(),
            rankPattern: try fields.patterns("rank_pattern", "a whole number above 0") { $0.intValue },
            alphaPattern: try fields.patterns("alpha_pattern", "a number") { $0.doubleValue },
            usesRSLoRA: try fields.flag("use_rslora", default: false),
            baseModel: try fields.string("base_model_name_or_path")
        )
        usesDoRA = try fields.flag("use_dora", default: false)
        savedModules = try fields["modules_to_save"].map { try fields.strings($0, "modules_to_save") } ?? []
        if case .string("gaussian") = fields["init_lora_weights"] { initialWeights = .gaussian }
        do {
            try validate()
        } catch AdapterError.invalidOption(let name, let found, let expected) {
            throw fields.invalid(name, found, expected)
        }
    }

    /// What changes the numbers and is not implemented. Other unknown fields are let be, as PEFT does.
    private static let mustBeOff = [
        "use_qalora", "use_bdlora", "fan_in_fan_out", "lora_bias", "layer_replication",
        "target_parameters", "trainable_token_indices", "alora_invocation_tokens", "arrow_config",
        "kasa_config",
        "megatron_config", "monteclora_config",
    ]

    private static func refuseUnsupported(_ fields: ConfigFields) throws {
        func refuse(_ field: String, _ advice: String) -> ModelError {
            let value = fields[field]?.text() ?? "null"
            return .unsupported(path: fields.path, feature: "\"\(field)\": \(value)", advice: advice)
        }
        guard let type = try fields.string("peft_type") else {
            throw fields.invalid("peft_type", "missing", "\"LORA\"; is this an adapter's folder?")
        }
        guard type.uppercased() == "LORA" else { throw refuse("peft_type", "it may be LORA") }
        if let task = try fields.string("task_type"), task.uppercased() != "CAUSAL_LM" {
            throw refuse("task_type", "it may be CAUSAL_LM")
        }
        if let bias = try fields.string("bias"), bias != "none" { throw refuse("bias", "it may be none") }
        for field in mustBeOff where fields[field].map(isOn) ?? false {
            throw refuse(field, "merge it into its base with PEFT, or train without it")
        }
        // Initialisations that change the base model leave an adapter that is of no use without that change.
        switch fields["init_lora_weights"] {
        case nil, .bool: break
        case .string("gaussian"), .string("eva"), .string("orthogonal"): break
        default: throw refuse("init_lora_weights", "convert the adapter to plain LoRA with PEFT")
        }
    }

    private static func isOn(_ value: JSON) -> Bool {
        switch value {
        case .null, .bool(false): false
        case .array(let elements): !elements.isEmpty
        case .object(let members): members.count > 0
        default: true
        }
    }
}

extension ConfigFields {
    func number(_ field: String, default standard: Double) throws -> Double {
        guard let value = self[field] else { return standard }
        guard let number = value.doubleValue else { throw invalid(field, value.text(), "a number") }
        return number
    }

    fileprivate func targets(_ field: String) throws -> TargetModules? {
        guard let value = self[field] else { return nil }
        if let text = value.stringValue {
            return text.lowercased() == "all-linear" ? .allLinear : .pattern(text)
        }
        return .names(try strings(value, field))
    }

    func strings(_ value: JSON, _ field: String) throws -> [String] {
        guard let strings = value.arrayValue?.map(\.stringValue), !strings.contains(nil) else {
            throw invalid(field, value.text(), "a list of names, or a string")
        }
        return strings.compactMap { $0 }
    }

    /// `layers_to_transform`: a number or a list; `layers_pattern` may only name the list of blocks.
    fileprivate func layers() throws -> [Int]? {
        let field = "layers_to_transform"
        guard let value = self[field] else { return nil }
        let numbers = (value.arrayValue ?? [value]).map(\.intValue)
        guard !numbers.contains(nil) else {
            throw invalid(field, value.text(), "a layer's number or a list of them")
        }
        if let pattern = self["layers_pattern"] {
            let names = try pattern.stringValue.map { [$0] } ?? strings(pattern, "layers_pattern")
            guard names.allSatisfy({ $0 == "layers" || $0.isEmpty }) else {
                throw invalid("layers_pattern", pattern.text(), "\"layers\"")
            }
        }
        return numbers.isEmpty ? nil : numbers.compactMap { $0 }
    }

    fileprivate func patterns<Value>(_ field: String, _ expected: String, _ read: (JSON) -> Value?) throws
        -> [LoRAConfig.PatternValue<Value>]
    {
        guard let table = try object(field) else { return [] }
        return try table.members.map { pattern, json in
            guard let value = read(json) else { throw table.invalid(pattern, json.text(), expected) }
            return .init(pattern, value)
        }
    }
}
