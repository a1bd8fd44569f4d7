public import MimoModel
public import MimoNumerics

/// A parameter of the base that is trained whole and kept with the adapter (`modules_to_save`).
public struct SavedParameter: Sendable {
    /// Its name and shape in the base.
    public let parameter: Parameter
    /// Its weights; a vector is one row.
    public let value: Tensor

    /// A parameter with these weights.
    public init(parameter: Parameter, value: Tensor) {
        precondition(value.count == parameter.shape.reduce(1, *))
        self.parameter = parameter
        self.value = value
    }

    /// Its name in PEFT's files.
    public var name: String { "base_model.model.\(parameter.name)" }
}

extension LoRAConfig {
    /// The parameters of a base model that are trained whole: those of modules whose paths end with one of
    /// ``savedModules``, as PEFT has it, so that `norm` names every norm.
    ///
    /// - Throws: ``AdapterError/noSavedModule(name:)`` where one names nothing, and
    ///   ``AdapterError/savedTarget(path:)`` where a layer would have an update as well.
    public func savedParameters(of model: ModelConfig) throws -> [Parameter] {
        guard !savedModules.isEmpty else { return [] }
        var parameters = model.parameters
        if model.tiesWordEmbeddings { parameters.append(model.headParameter) }
        func isNamed(_ parameter: Parameter, by module: String) -> Bool {
            Self.modules(around: parameter.name).contains { $0.hasSuffix(module) }
        }
        for module in savedModules where !parameters.contains(where: { isNamed($0, by: module) }) {
            throw AdapterError.noSavedModule(name: module)
        }
        let saved = parameters.filter { parameter in savedModules.contains { isNamed(parameter, by: $0) } }
        let names = Set(saved.map(\.name))
        for module in try modules(of: model) where names.contains("\(module.path).weight") {
            throw AdapterError.savedTarget(path: module.path)
        }
        return saved
    }

    /// The paths of the modules that hold a parameter: `a.b.weight` is in `a.b` and `a`.
    private static func modules(around name: String) -> [String] {
        let parts = name.split(separator: ".")
        return (1..<parts.count).map { parts[..<$0].joined(separator: ".") }
    }
}
