import MimoFiles
public import MimoModel
import MimoNumerics

extension Adapter {
    static let weightsName = "adapter_model.safetensors"

    /// Reads an adapter's folder: adapter_config.json and adapter_model.safetensors, as PEFT writes them, or
    /// mlx-lm's adapters.safetensors.
    ///
    /// - Parameters:
    ///   - directory: the adapter's folder.
    ///   - model: the shape of the base model that it is to change.
    /// - Throws: ``MimoModel/ModelError`` where a file is missing, damaged or asks for what is not implemented;
    ///   ``AdapterError`` where a tensor is missing, extra, of another shape, or not finite.
    public init(directory: String, for model: ModelConfig) throws {
        let folder = try ModelFolder(directory)
        if let other = try MLXAdapter(folder) {
            self = try other.adapter(for: model)
            return
        }
        let config = try LoRAConfig(directory: directory)
        guard folder.contains(Self.weightsName) else {
            let pickled = ["adapter_model.bin", "adapter_model.pt", "adapter_model.pth"].first(
                where: folder.contains
            )
            let reason =
                pickled.map {
                    "the adapter is pickled (\($0)), which could run code on loading; "
                        + "save it again with PEFT's save_pretrained(safe_serialization=True)"
                } ?? "holds no \(Self.weightsName)"
            throw ModelError.unreadable(path: folder.path, reason: reason)
        }
        let file = try SafetensorsFile(path: folder.file(named: Self.weightsName))
        let modules = try config.modules(of: model)
        var known: Set<String> = []
        for module in modules {
            known.formUnion([module.nameOfA, module.nameOfB])
            if config.usesDoRA { known.insert(module.nameOfMagnitude) }
        }
        let saved = try config.savedParameters(of: model)
        for parameter in saved { known.insert("base_model.model.\(parameter.name)") }
        // What is there and should not be says more about a mix-up than what is missing.
        if let extra = file.tensors.first(where: { !known.contains($0.name) }) {
            throw AdapterError.unexpectedTensor(path: file.path, tensor: extra.name)
        }
        self.init(
            config: config,
            modules: try modules.map { module in
                LoRAWeights(
                    module: module,
                    a: try file.matrix(module.nameOfA, module.shapeOfA(in: model), rankAxis: 0),
                    b: try file.matrix(module.nameOfB, module.shapeOfB(in: model), rankAxis: 1),
                    magnitude: config.usesDoRA
                        ? try file.parameter(
                            module.nameOfMagnitude,
                            [module.linear.outputSize(in: model)]
                        ) : nil
                )
            },
            saved: try saved.map {
                SavedParameter(
                    parameter: $0,
                    value: try file.parameter("base_model.model.\($0.name)", $0.shape)
                )
            }
        )
    }

    /// The name or path of the base model that an adapter's description tells; nil where it tells none.
    ///
    /// - Throws: ``MimoModel/ModelError`` where the description is missing or malformed.
    public static func baseModel(in directory: String) throws -> String? {
        if let other = try MLXAdapter(ModelFolder(directory)) { return other.baseModel }
        return try LoRAConfig(directory: directory).baseModel
    }

    /// Writes adapter_config.json and adapter_model.safetensors (F32), each in one step, so that PEFT, ms-swift,
    /// vLLM and llama.cpp's converter read them. Updates that began in the base are written ``converted``.
    ///
    /// - Parameter directory: the folder, which is made where it is not there.
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take them.
    public func write(to directory: String) throws {
        guard !beganInBase else { return try converted.write(to: directory) }
        try Folder.make(directory)
        var tensors: [String: (tensor: Tensor, shape: [Int])] = [:]
        for weights in modules {
            tensors[weights.module.nameOfA] = (weights.a, [weights.a.rows, weights.a.columns])
            tensors[weights.module.nameOfB] = (weights.b, [weights.b.rows, weights.b.columns])
            if let magnitude = weights.magnitude {
                tensors[weights.module.nameOfMagnitude] = (magnitude, [magnitude.count])
            }
        }
        for parameter in saved { tensors[parameter.name] = (parameter.value, parameter.parameter.shape) }
        let items = SafetensorsWriter.referenceOrder(
            tensors.map { .init(name: $0.key, type: .f32, shape: $0.value.shape) }
        )
        let writer = try SafetensorsWriter(path: "\(directory)/\(Self.weightsName)", items: items)
        for item in items {
            if let tensor = tensors[item.name]?.tensor { try writer.append(tensor) }
        }
        try writer.finish()
        try AtomicFile.write(config.json.text(indent: 2) + "\n", to: "\(directory)/\(LoRAConfig.fileName)")
    }
}

extension SafetensorsFile {
    /// A matrix of an adapter as floats, once its shape and values are known to be right.
    func matrix(_ name: String, _ expected: [Int], rankAxis: Int) throws -> Tensor {
        guard let entry = self[name] else {
            throw AdapterError.missingTensor(path: path, tensor: name, expected: expected)
        }
        guard entry.shape == expected else {
            let isOfBase = entry.shape.count == 2 && entry.shape[1 - rankAxis] == expected[1 - rankAxis]
            throw isOfBase
                ? AdapterError.wrongRank(path: path, tensor: name, found: entry.shape, expected: expected)
                : AdapterError.wrongBase(path: path, tensor: name, found: entry.shape, expected: expected)
        }
        let tensor = try tensor(name)
        guard tensor.isFinite() else { throw AdapterError.notFinite(path: path, tensor: name) }
        return tensor
    }

    /// A vector or a matrix of the base's shape as floats, once its shape and values are known to be right.
    func parameter(_ name: String, _ expected: [Int]) throws -> Tensor {
        guard let entry = self[name] else {
            throw AdapterError.missingTensor(path: path, tensor: name, expected: expected)
        }
        guard entry.shape == expected else {
            throw AdapterError.wrongBase(path: path, tensor: name, found: entry.shape, expected: expected)
        }
        let tensor = try tensor(name)
        guard tensor.isFinite() else { throw AdapterError.notFinite(path: path, tensor: name) }
        return tensor
    }
}
