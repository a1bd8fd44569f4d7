public import MimoNumerics

/// A model's folder: its configuration, and its weights mapped from one safetensors file or from shards.
///
/// Opening one checks every tensor's name, shape and type against the configuration, so that what uses the
/// weights need not. Beyond the tensors that the configuration implies, these may be there: a tied head written
/// out again, rotary frequencies of older versions (`…rotary_emb.inv_freq`), and MiMo's MTP layers, each whole
/// or not at all (transformers drops them on saving).
public struct Checkpoint: Sendable {
    /// The folder's path, as given.
    public let directory: String
    /// The model's shape and switches.
    public let config: ModelConfig
    /// The files: the one, or the shards in the order of their names.
    public let files: [SafetensorsFile]
    /// Whether the folder has an index of shards.
    public let isSharded: Bool
    /// How many of the declared MTP layers the files hold.
    public let mtpLayerCount: Int
    private let locations: [String: Int]

    static let singleName = "model.safetensors"
    static let indexName = "model.safetensors.index.json"

    /// Opens a model's folder and checks all of it but the values of the weights.
    ///
    /// - Throws: ``ModelError`` that names the file and, where it is about one, the tensor.
    public init(directory: String) throws {
        let folder = try ModelFolder(directory)
        self.directory = folder.path
        config = try ModelConfig(directory: directory)
        isSharded = !folder.contains(Self.singleName) && folder.contains(Self.indexName)
        let index =
            isSharded
            ? try ShardIndex(folder.object(named: Self.indexName, rejectingDuplicateKeys: true)) : nil
        files = try (index?.fileNames ?? [Self.weightsName(folder)]).map {
            try SafetensorsFile(path: folder.file(named: $0))
        }

        var locations: [String: Int] = [:]
        for (position, file) in files.enumerated() {
            for tensor in file.tensors {
                guard locations.updateValue(position, forKey: tensor.name) == nil else {
                    throw ModelError.invalidTensor(
                        path: file.path,
                        tensor: tensor.name,
                        reason: "is in two shards"
                    )
                }
            }
        }
        self.locations = locations
        if let index { try index.check(files, locations: locations) }
        mtpLayerCount = try Self.check(config, files, locations, directory: folder.path)
    }

    /// Whether a tensor of that name is there.
    public func contains(_ name: String) -> Bool { locations[name] != nil }

    /// The description of a tensor, or nil where there is none of that name.
    public subscript(name: String) -> SafetensorsFile.Entry? { locations[name].flatMap { files[$0][name] } }

    /// A matrix, or a vector as one row, read in place.
    ///
    /// - Throws: ``ModelError/invalidTensor(path:tensor:reason:)`` where there is none of that name.
    public func weight(_ name: String) throws -> WeightMatrix {
        guard let position = locations[name] else {
            throw ModelError.invalidTensor(path: directory, tensor: name, reason: "is in none of the files")
        }
        return try files[position].weight(name)
    }

    /// Tells the kernel that a decoder will read the tensors as a whole; an embedding of its own, by rows.
    func expectFullRead() {
        let byRows: Set = config.tiesWordEmbeddings ? [] : ["model.embed_tokens.weight"]
        for file in files { file.expectFullRead(except: byRows) }
    }

    /// A vector as floats: shape `[1, n]`, memory of its own.
    ///
    /// - Throws: as ``weight(_:)``.
    public func vector(_ name: String) throws -> Tensor {
        try weight(name).widened()
    }

    /// The output head, which may be the embedding.
    ///
    /// - Throws: as ``weight(_:)``.
    public func head() throws -> WeightMatrix {
        try weight(config.tiesWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight")
    }

    /// The name of the one file, or why there is none.
    private static func weightsName(_ folder: ModelFolder) throws -> String {
        if folder.contains(singleName) { return singleName }
        let older = ["pytorch_model.bin", "pytorch_model.bin.index.json"].first(where: folder.contains)
        let reason =
            older.map { "the weights are pickled (\($0)); convert them to safetensors" }
            ?? "holds neither \(singleName) nor \(indexName); is the download complete?"
        throw ModelError.unreadable(path: folder.path, reason: reason)
    }

    /// Compares what is there with what the configuration implies.
    ///
    /// - Returns: the number of MTP layers that are there.
    private static func check(
        _ config: ModelConfig,
        _ files: [SafetensorsFile],
        _ locations: [String: Int],
        directory: String
    ) throws -> Int {
        var expected = config.parameters
        var mtpLayers = 0
        for layer in 0..<config.mtpLayerCount {
            let parameters = config.mtpParameters(layer: layer)
            guard parameters.contains(where: { locations[$0.name] != nil }) else { break }
            expected += parameters
            mtpLayers += 1
        }
        if config.tiesWordEmbeddings, locations[config.headParameter.name] != nil {
            expected.append(config.headParameter)
        }
        var known: Set<String> = []
        for parameter in expected {
            known.insert(parameter.name)
            guard let position = locations[parameter.name], let entry = files[position][parameter.name] else {
                throw ModelError.missingTensor(
                    path: directory,
                    tensor: parameter.name,
                    expected: parameter.shape
                )
            }
            guard entry.shape == parameter.shape else {
                throw ModelError.wrongShape(
                    path: files[position].path,
                    tensor: entry.name,
                    found: entry.shape,
                    expected: parameter.shape
                )
            }
            _ = try files[position].weight(parameter.name)
        }
        for file in files {
            for tensor in file.tensors where !known.contains(tensor.name) {
                guard tensor.name.hasSuffix(".rotary_emb.inv_freq") else {
                    throw ModelError.unexpectedTensor(path: file.path, tensor: tensor.name)
                }
            }
        }
        return mtpLayers
    }
}
