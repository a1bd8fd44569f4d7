/// What describes a LoRA adapter: PEFT's adapter_config.json.
///
/// Method: Hu et al. 2021; rank-stabilized scaling: Kalajdzievski 2023.
public struct LoRAConfig: Sendable, Equatable {
    /// A value for modules whose path matches a pattern.
    public struct PatternValue<Value: Sendable & Equatable>: Sendable, Equatable {
        /// A regular expression that must match the end of the path, from its start or after a dot.
        public var pattern: String
        /// The value of modules that match.
        public var value: Value

        /// A value for this pattern.
        public init(_ pattern: String, _ value: Value) {
            self.pattern = pattern
            self.value = value
        }
    }

    /// The rank r where no pattern says otherwise. Default 8.
    public var rank: Int
    /// Alpha where no pattern says otherwise; the update is scaled by alpha/r. Default 32.
    public var alpha: Double
    /// The share of an adapter's inputs that become 0 in training, at least 0 and below 1. Default 0.05.
    public var dropout: Double
    /// Which modules are adapted. Default all linear layers of the decoder blocks.
    public var targets: TargetModules
    /// Which of those are left alone all the same. Default none.
    public var excluded: TargetModules?
    /// Which layers are adapted, counted from 0; nil means all. Does not bear on modules named by whole paths.
    public var layers: [Int]?
    /// Ranks of some modules; the first pattern that matches counts.
    public var rankPattern: [PatternValue<Int>]
    /// Alphas of some modules; the first pattern that matches counts.
    public var alphaPattern: [PatternValue<Double>]
    /// Whether the update is scaled by alpha/√r instead. Default false.
    public var usesRSLoRA: Bool
    /// Whether each output has a magnitude of its own (DoRA, Liu et al. 2024). Default false.
    public var usesDoRA = false
    /// What the matrices begin as. Default Kaiming.
    public var initialWeights = InitialWeights.kaiming
    /// Modules of the base that are trained whole and kept with the adapter, by the ends of their paths.
    public var savedModules: [String] = []
    /// The base model's name or path, so that it need not be named again.
    public var baseModel: String?

    /// An adapter with these settings.
    public init(
        rank: Int = 8,
        alpha: Double = 32,
        dropout: Double = 0.05,
        targets: TargetModules = .allLinear,
        excluded: TargetModules? = nil,
        layers: [Int]? = nil,
        rankPattern: [PatternValue<Int>] = [],
        alphaPattern: [PatternValue<Double>] = [],
        usesRSLoRA: Bool = false,
        baseModel: String? = nil
    ) {
        self.rank = rank
        self.alpha = alpha
        self.dropout = dropout
        self.targets = targets
        self.excluded = excluded
        self.layers = layers
        self.rankPattern = rankPattern
        self.alphaPattern = alphaPattern
        self.usesRSLoRA = usesRSLoRA
        self.baseModel = baseModel
    }

    /// Ranks beyond this are taken for mistakes.
    static let maximumRank = 1 << 16

    /// Checks the settings' ranges and patterns.
    ///
    /// - Throws: ``AdapterError/invalidOption(name:found:expected:)`` or
    ///   ``AdapterError/invalidPattern(pattern:reason:)``.
    public func validate() throws {
        func check(_ isValid: Bool, _ name: String, _ found: String, _ expected: String) throws {
            guard isValid else {
                throw AdapterError.invalidOption(name: name, found: found, expected: expected)
            }
        }
        let ranks = "a whole number from 1 to \(Self.maximumRank)"
        try check((1...Self.maximumRank).contains(rank), "lora_rank", "\(rank)", ranks)
        try check(alpha.isFinite, "lora_alpha", "\(alpha)", "a finite number")
        try check(dropout >= 0 && dropout < 1, "lora_dropout", "\(dropout)", "at least 0 and less than 1")
        for entry in rankPattern {
            let isValid = (1...Self.maximumRank).contains(entry.value)
            try check(isValid, "rank_pattern \"\(entry.pattern)\"", "\(entry.value)", ranks)
            _ = try PythonPattern(endOfPath: entry.pattern)
        }
        for entry in alphaPattern {
            try check(
                entry.value.isFinite,
                "alpha_pattern \"\(entry.pattern)\"",
                "\(entry.value)",
                "a finite number"
            )
            _ = try PythonPattern(endOfPath: entry.pattern)
        }
        if usesDoRA, case .pissa = initialWeights {
            try check(false, "init_lora_weights", initialWeights.name, "true or gaussian with use_dora")
        }
        _ = try TargetMatcher(targets)
        if let excluded { _ = try TargetMatcher(excluded) }
    }
}
