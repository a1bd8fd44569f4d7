import MimoFiles
public import MimoNumerics

/// A model to be trained from nothing: a configuration's shapes with random weights.
///
/// Matrices are normal with config.json's `initializer_range` as their standard deviation (0.02 if it has none); those
/// that write to the residual stream have it divided by √(2 · layers), as there are so many of them (Radford et al. 2019).
/// Norms are 1, biases 0. Every tensor has random numbers of its own by its name.
public struct RandomModel {
    /// Its shape.
    public let config: ModelConfig
    /// Standard deviation of the matrices.
    public let deviation: Float
    private let folder: ModelFolder

    /// Numbers that are drawn at a time.
    private static let blockSize = 1 << 20

    /// A model of the shapes that a folder's config.json says; the folder need not hold weights.
    ///
    /// - Throws: ``ModelError`` where the configuration is missing or wrong.
    public init(directory: String) throws {
        folder = try ModelFolder(directory)
        config = try ModelConfig(directory: directory)
        let fields = try folder.object(named: "config.json")
        deviation = Float(try fields.positive("initializer_range", default: 0.02))
    }

    /// Elements in all.
    public var parameterCount: Int { parameters.reduce(0) { $0 + $1.shape.reduce(1, *) } }

    private var parameters: [Parameter] {
        (0..<config.mtpLayerCount).reduce(config.parameters) { $0 + config.mtpParameters(layer: $1) }
    }

    /// Writes the model's folder with the configuration and what else stands beside it, such as the tokenizer. The
    /// folder appears whole or not at all.
    ///
    /// - Parameters:
    ///   - directory: Where it will stand; nothing stands there yet.
    ///   - type: The weights' type.
    ///   - seed: The same seed gives the same bytes.
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    public func write(to directory: String, as type: ElementType, seed: UInt64) throws {
        let transaction = try DirectoryTransaction(path: directory)
        let path = transaction.workingPath
        try folder.copyCompanions(to: path, withIndex: false)
        var fields = try folder.object(named: "config.json").members
        fields[fields["dtype"] == nil ? "torch_dtype" : "dtype"] = .string(type.name)
        try AtomicFile.write(JSON.object(fields).text(indent: 2) + "\n", to: "\(path)/config.json")
        let items = parameters.map {
            SafetensorsWriter.Item(name: $0.name, type: SafetensorsType(type), shape: $0.shape)
        }
        let writer = try SafetensorsWriter(path: "\(path)/\(Checkpoint.singleName)", items: items)
        for item in items {
            let values = InitialValues(seed: seed, name: item.name)
            let count = item.shape.reduce(1, *)
            for start in stride(from: 0, to: count, by: Self.blockSize) {
                let length = min(Self.blockSize, count - start)
                let block = numbers(of: item, values, from: start, count: length)
                try writer.append(Tensor(block, rows: 1, columns: length).narrowed(to: type))
            }
        }
        try writer.finish()
        try transaction.commit(replacing: false)
    }

    private func numbers(
        of item: SafetensorsWriter.Item,
        _ values: InitialValues,
        from start: Int,
        count: Int
    ) -> [Float] {
        guard item.shape.count > 1 else {
            return Array(repeating: item.name.hasSuffix(".bias") ? 0 : 1, count: count)
        }
        let isResidual = ["o_proj.weight", "down_proj.weight"].contains { item.name.hasSuffix($0) }
        let deviation = isResidual ? deviation / Float(2 * config.layerCount).squareRoot() : deviation
        return values.normal(from: start, count: count, deviation: deviation)
    }
}
