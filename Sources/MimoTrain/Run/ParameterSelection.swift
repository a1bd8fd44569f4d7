public import MimoModel

/// Which parameters of a model full tuning trains; ms-swift's options, applied in this order.
public struct ParameterSelection: Sendable, Equatable {
    /// The share of all elements, counted from the embedding on, within which parameters are frozen
    /// (`--freeze_parameters_ratio`). The one in which the share ends is trained.
    public var frozenRatio = 0.0
    /// Parameters whose names begin so are frozen (`--freeze_parameters`).
    public var frozen: [String] = []
    /// Parameters in whose names this regular expression is found are frozen (`--freeze_parameters_regex`).
    public var frozenPattern: String?
    /// Parameters whose names begin so are trained all the same (`--trainable_parameters`).
    public var trainable: [String] = []
    /// As ``trainable``, by a regular expression (`--trainable_parameters_regex`).
    public var trainablePattern: String?

    /// All parameters.
    public init() {}

    /// The names of what is trained.
    ///
    /// - Parameters:
    ///   - config: The model.
    ///   - withPrediction: Whether its layer for multi-token prediction is among the parameters.
    /// - Returns: Names of tensors in its checkpoint.
    /// - Throws: ``TrainError/option(name:found:expected:)`` where an option cannot be, names nothing, or nothing is
    ///   left to train.
    public func names(in config: ModelConfig, withPrediction: Bool = false) throws -> Set<String> {
        guard (0...1).contains(frozenRatio) else {
            throw TrainError.option(
                name: "freeze_parameters_ratio",
                found: "\(frozenRatio)",
                expected: "a share from 0 to 1"
            )
        }
        let parameters = config.parametersInModuleOrder(withPrediction: withPrediction)
        let total = parameters.reduce(0) { $0 + $1.count }
        var names = Set(parameters.map(\.name))
        var passed = 0
        for parameter in parameters where frozenRatio > 0 {
            passed += parameter.count
            if Double(passed) <= Double(total) * frozenRatio { names.remove(parameter.name) }
        }
        for name in try matches(parameters, frozen, "freeze_parameters") { names.remove(name) }
        for name in try matches(parameters, frozenPattern, "freeze_parameters_regex") { names.remove(name) }
        for name in try matches(parameters, trainable, "trainable_parameters") { names.insert(name) }
        for name in try matches(parameters, trainablePattern, "trainable_parameters_regex") {
            names.insert(name)
        }
        guard !names.isEmpty else {
            throw TrainError.option(
                name: "freeze_parameters",
                found: "all of the model",
                expected: "something that is left to train"
            )
        }
        return names
    }

    private func matches(_ parameters: [Parameter], _ beginnings: [String], _ option: String) throws
        -> [String]
    {
        try beginnings.flatMap { beginning in
            let found = parameters.map(\.name).filter { $0.hasPrefix(beginning) }
            guard !found.isEmpty else { throw Self.namesNothing(option, beginning, parameters) }
            return found
        }
    }

    private func matches(_ parameters: [Parameter], _ pattern: String?, _ option: String) throws -> [String] {
        guard let pattern else { return [] }
        let regex: Regex<AnyRegexOutput>
        do {
            regex = try Regex(pattern)
        } catch {
            throw TrainError.option(name: option, found: pattern, expected: "a regular expression: \(error)")
        }
        let found = parameters.map(\.name).filter { (try? regex.firstMatch(in: $0)) != nil }
        guard !found.isEmpty else { throw Self.namesNothing(option, pattern, parameters) }
        return found
    }

    private static func namesNothing(_ option: String, _ found: String, _ parameters: [Parameter])
        -> TrainError
    {
        .option(
            name: option,
            found: found,
            expected: "names of parameters, such as \(parameters.first?.name ?? "")"
        )
    }
}

extension Parameter {
    /// Number of elements.
    fileprivate var count: Int { shape.reduce(1, *) }
}

extension ModelConfig {
    /// The parameters in the order in which transformers' modules hold them: a block's norms come last; the layer for
    /// multi-token prediction, which transformers leave out, is behind the head.
    fileprivate func parametersInModuleOrder(withPrediction: Bool) -> [Parameter] {
        var ordered: [Parameter] = []
        var norms: [Parameter] = []
        var block = ""
        for parameter in parameters + (withPrediction ? mtpParameters(layer: 0) : []) {
            let own = parameter.name.split(separator: ".").prefix(3).joined(separator: ".")
            if own != block {
                ordered += norms
                (norms, block) = ([], own)
            }
            if parameter.name.hasSuffix("_layernorm.weight") {
                norms.append(parameter)
            } else {
                ordered.append(parameter)
            }
        }
        return ordered + norms
    }
}
