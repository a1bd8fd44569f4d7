import MimoAdapter
import MimoFiles
import MimoModel
import MimoNumerics

/// What a run trains of a model: how it begins, and how checkpoints keep it.
struct TunedModel {
    /// The model with what is trained, as training begins or goes on.
    let decoder: Decoder
    /// The adapter, where one is trained.
    let adapter: Adapter?
    /// The description of the adapter of step 0, where one is trained.
    let firstConfig: LoRAConfig?
    /// What a resumed run must share, by name.
    let identity: [(name: String, value: JSON)]
    /// What is trained, in one line.
    let summary: String
    /// Bytes of what ``write`` writes, about.
    let writtenBytes: Int
    /// Writes what is trained, as others read it, into a folder.
    let write: (String) throws -> Void

    /// Prepares the training.
    ///
    /// - Parameters:
    ///   - options: What is trained and how.
    ///   - base: The model at the run's beginning.
    ///   - path: The base's absolute path, which an adapter keeps.
    ///   - start: A checkpoint whose weights take the place of the first ones.
    /// - Throws: What refuses an adapter, or the choice of parameters.
    init(_ options: FineTuningOptions, base: Checkpoint, path: String, start: String?) throws {
        switch options.tuner {
        case .lora: try self.init(lora: options, base: base, path: path, start: start)
        case .full: try self.init(full: options, base: base, start: start)
        }
    }

    private init(lora options: FineTuningOptions, base: Checkpoint, path: String, start: String?) throws {
        guard !options.trainer.trainsPrediction else {
            throw Self.noPrediction(
                options,
                "0, or --tuner_type full: an adapter leaves the layer for multi-token prediction as it is"
            )
        }
        var config = options.lora
        config.baseModel = path
        let first = try Self.firstAdapter(options, config, base)
        let adapter = try start.map { try Self.adapter(in: $0, like: first, base.config) } ?? first
        var decoder = try Decoder(base)
        adapter.attach(to: &decoder, isTrained: true)
        self.decoder = decoder
        self.adapter = adapter
        firstConfig = first.config
        identity = [("adapter", first.config.json)]
        summary =
            "adapter: rank \(adapter.config.rank), alpha \(Self.number(adapter.config.alpha)), "
            + "\(adapter.modules.count) layers, "
            + (adapter.saved.isEmpty ? "" : "\(adapter.saved.count) tensors trained whole, ")
            + "\(adapter.parameterCount) parameters"
        writtenBytes = adapter.writtenParameterCount * MemoryLayout<Float>.size
        write = { [decoder] in try adapter.trained(in: decoder).write(to: $0) }
    }

    private init(full options: FineTuningOptions, base: Checkpoint, start: String?) throws {
        guard options.initialAdapter == nil else {
            throw TrainError.option(
                name: "adapters",
                found: options.initialAdapter ?? "",
                expected: "none with --tuner_type full; merge it into the model first"
            )
        }
        let predicts = options.trainer.trainsPrediction
        guard !predicts || base.mtpLayerCount > 0 else {
            throw Self.noPrediction(
                options,
                "0, for \(base.directory) has no layer for multi-token prediction"
            )
        }
        let names = try options.parameters.names(in: base.config, withPrediction: predicts)
        var decoder = try Decoder(
            start.map { try Checkpoint(directory: $0) } ?? base,
            withPrediction: predicts
        )
        decoder.train { names.contains($0) }
        let parameters = decoder.trainedParameters
        self.decoder = decoder
        adapter = nil
        firstConfig = nil
        identity = [
            ("tuner", "full"), ("trained_parameters", .int(Int64(parameters.count))),
            ("torch_dtype", options.weightType.map { .string($0.name) } ?? .null),
        ]
        summary =
            "full: \(parameters.count) tensors, \(parameters.reduce(0) { $0 + $1.value.count }) parameters"
        writtenBytes = try base.files.flatMap(\.tensors).reduce(base.companionBytes()) { sum, tensor in
            sum + (options.weightType.map { tensor.shape.reduce($0.size, *) } ?? tensor.byteRange.count)
        }
        write = { folder in
            let weights = Dictionary(parameters.map { ($0.name, $0.value) }) { first, _ in first }
            try base.write(to: folder, weights: weights, as: options.weightType)
        }
    }

    /// A checkpoint's adapter: where the first one began in the base, it was converted on saving.
    private static func adapter(in folder: String, like first: Adapter, _ model: ModelConfig) throws
        -> Adapter
    {
        let adapter = try Adapter(directory: folder, for: model)
        return first.beganInBase && adapter.config.rank == 2 * first.config.rank
            ? adapter.separated(first.config) : adapter
    }

    /// The adapter of step 0: a given one, or one that begins as its configuration says.
    private static func firstAdapter(
        _ options: FineTuningOptions,
        _ config: LoRAConfig,
        _ base: Checkpoint
    ) throws -> Adapter {
        guard let folder = options.initialAdapter else {
            return try Adapter(initializing: config, on: base, seed: options.trainer.seed)
        }
        var adapter = try Adapter(directory: folder, for: base.config)
        adapter.config.dropout = config.dropout
        adapter.config.baseModel = config.baseModel
        return adapter
    }

    private static func noPrediction(_ options: FineTuningOptions, _ expected: String) -> TrainError {
        .option(name: "mtp_loss_weight", found: number(options.trainer.mtpLossWeight), expected: expected)
    }

    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { "\($0)" } ?? "\(value)"
    }
}
