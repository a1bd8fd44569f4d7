public import MimoModel

/// A linear layer that an adapter changes, with the numbers that hold for it.
public struct AdaptedModule: Sendable, Equatable {
    /// The block, counted from 0.
    public let layer: Int
    /// Which of the block's linear layers.
    public let linear: DecoderLinear
    /// The rank r.
    public let rank: Int
    /// What the update is scaled by: alpha/r, or alpha/√r.
    public let scaling: Double

    /// The module's path within the model: `model.layers.3.self_attn.q_proj`.
    public var path: String { linear.path(inLayer: layer) }

    /// The down projection's name in PEFT's files.
    public var nameOfA: String { "base_model.model.\(path).lora_A.weight" }
    /// The up projection's name in PEFT's files.
    public var nameOfB: String { "base_model.model.\(path).lora_B.weight" }

    /// DoRA's magnitudes' name in PEFT's files.
    public var nameOfMagnitude: String { "base_model.model.\(path).lora_magnitude_vector" }

    /// The down projection's shape, `[r, in]`.
    public func shapeOfA(in config: ModelConfig) -> [Int] { [rank, linear.inputSize(in: config)] }
    /// The up projection's shape, `[out, r]`.
    public func shapeOfB(in config: ModelConfig) -> [Int] { [linear.outputSize(in: config), rank] }
}

extension LoRAConfig {
    /// The modules of a base model that this adapter changes, block by block.
    ///
    /// - Throws: ``AdapterError/noTargets(targets:)`` where nothing matches,
    ///   ``AdapterError/unsupportedTarget(target:)`` where the head or the embedding does, and as ``validate()``.
    public func modules(of config: ModelConfig) throws -> [AdaptedModule] {
        try validate()
        let targets = try TargetMatcher(targets)
        let excluded = try excluded.map(TargetMatcher.init)
        let ranks = try rankPattern.map { (try PythonPattern(endOfPath: $0.pattern), $0.value) }
        let alphas = try alphaPattern.map { (try PythonPattern(endOfPath: $0.pattern), $0.value) }

        if self.targets != .allLinear {
            for path in ["lm_head", "model.embed_tokens"] where targets.matches(path) {
                guard excluded?.matches(path) == true else {
                    throw AdapterError.unsupportedTarget(target: path)
                }
            }
        }
        var modules: [AdaptedModule] = []
        for layer in 0..<config.layerCount {
            for linear in DecoderLinear.allCases {
                let path = linear.path(inLayer: layer)
                let isInLayers = layers?.contains(layer) ?? true
                guard targets.namesWhole(path) || isInLayers && targets.matches(path),
                    excluded?.matches(path) != true
                else { continue }
                let rank = ranks.first { $0.0.matches(path) }?.1 ?? rank
                let alpha = alphas.first { $0.0.matches(path) }?.1 ?? alpha
                let divisor = usesRSLoRA ? Double(rank).squareRoot() : Double(rank)
                modules.append(
                    AdaptedModule(layer: layer, linear: linear, rank: rank, scaling: alpha / divisor)
                )
            }
        }
        guard !modules.isEmpty else { throw AdapterError.noTargets(targets: self.targets.text) }
        return modules
    }

    /// The listed targets that name nothing in a base model: mistakes, where the list is a user's.
    public func unmatchedTargets(in config: ModelConfig) -> [String] {
        guard case .names(let names) = targets else { return [] }
        let paths = (0..<config.layerCount).flatMap { layer in
            DecoderLinear.allCases.map { $0.path(inLayer: layer) }
        }
        return names.filter { name in !paths.contains { TargetMatcher.isEnd(name, of: $0) } }
    }
}
