public import MimoModel
import MimoNumerics

/// A LoRA adapter in memory: its description, and the matrices of each adapted layer, block by block.
public struct Adapter: Sendable {
    /// What adapter_config.json says.
    public var config: LoRAConfig
    /// The layers' matrices, in the order of ``LoRAConfig/modules(of:)``.
    public var modules: [LoRAWeights]
    /// Parameters of the base that are trained whole, in the order of the base's.
    public var saved: [SavedParameter]

    /// These matrices under this description.
    public init(config: LoRAConfig, modules: [LoRAWeights], saved: [SavedParameter] = []) {
        self.config = config
        self.modules = modules
        self.saved = saved
    }

    /// An adapter to be trained, which does not change its base yet: A is random, B zero.
    ///
    /// A is uniform within ±1/√in, which is Kaiming's initialisation with a = √5, as PEFT has it, or what
    /// ``LoRAConfig/initialWeights`` says. Every matrix has random numbers of its own by its name, whatever other
    /// modules are adapted. What depends on the base's weights is left to ``init(initializing:on:seed:)``.
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
                let (inputs, outputs) = (
                    module.linear.inputSize(in: model), module.linear.outputSize(in: model)
                )
                func uniform(_ rows: Int, _ columns: Int, _ name: String) -> Tensor {
                    let bound = 1 / Float(columns).squareRoot()
                    let values = InitialValues(seed: seed, name: name)
                    return Tensor(
                        values.uniform(count: rows * columns, bound: bound),
                        rows: rows,
                        columns: columns
                    )
                }
                let a: Tensor
                if config.initialWeights == .gaussian {
                    let values = InitialValues(seed: seed, name: module.nameOfA)
                    let numbers = values.normal(
                        count: module.rank * inputs,
                        deviation: 1 / Float(module.rank)
                    )
                    a = Tensor(numbers, rows: module.rank, columns: inputs)
                } else {
                    a = uniform(module.rank, inputs, module.nameOfA)
                }
                let b =
                    config.initialWeights == .random
                    ? uniform(outputs, module.rank, module.nameOfB)
                    : Tensor(rows: outputs, columns: module.rank)
                return LoRAWeights(module: module, a: a, b: b)
            }
        )
    }

    /// Number of trained elements.
    public var parameterCount: Int {
        modules.reduce(0) { $0 + $1.a.count + $1.b.count + ($1.magnitude?.count ?? 0) }
            + saved.reduce(0) { $0 + $1.value.count }
    }
}
