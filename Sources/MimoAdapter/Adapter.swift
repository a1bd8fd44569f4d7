public import MimoModel
import MimoNumerics

/// A LoRA adapter in memory: its description, and the matrices of each adapted layer, block by block.
public struct Adapter: Sendable {
    /// What adapter_config.json says.
    public var config: LoRAConfig
    /// The layers' matrices, in the order of ``LoRAConfig/modules(of:)``.
    public var modules: [LoRAWeights]

    /// These matrices under this description.
    public init(config: LoRAConfig, modules: [LoRAWeights]) {
        self.config = config
        self.modules = modules
    }

    /// An adapter to be trained, which does not change its base yet: A is random, B zero.
    ///
    /// A is uniform within ±1/√in, which is Kaiming's initialisation with a = √5, as PEFT has it. Every matrix has
    /// random numbers of its own by its name, whatever other modules are adapted.
    ///
    /// - Parameters:
    ///   - config: what is adapted and how.
    ///   - model: the base model's shape.
    ///   - seed: the same seed gives the same matrices.
    /// - Throws: ``AdapterError`` where the settings or targets are wrong; a listed target that names nothing is
    ///   ``AdapterError/noTargets(targets:)``.
    public init(initializing config: LoRAConfig, for model: ModelConfig, seed: UInt64) throws {
        let modules = try config.modules(of: model)
        let unmatched = config.unmatchedTargets(in: model)
        guard unmatched.isEmpty else {
            throw AdapterError.noTargets(targets: TargetModules.names(unmatched).text)
        }
        self.init(
            config: config,
            modules: modules.map { module in
                let inputs = module.linear.inputSize(in: model)
                let bound = 1 / Float(inputs).squareRoot()
                let random = InitialValues(seed: seed, name: module.nameOfA)
                return LoRAWeights(
                    module: module,
                    a: Tensor(
                        random.uniform(count: module.rank * inputs, bound: bound),
                        rows: module.rank,
                        columns: inputs
                    ),
                    b: Tensor(rows: module.linear.outputSize(in: model), columns: module.rank)
                )
            }
        )
    }

    /// Number of trained elements.
    public var parameterCount: Int { modules.reduce(0) { $0 + $1.a.count + $1.b.count } }
}
