import MimoFiles
public import MimoNumerics

extension Checkpoint {
    /// Rows of a tensor are written so many elements at a time.
    private static let blockSize = 1 << 22

    /// Writes a model's folder with this one's configuration, tokenizer and cut into files, but other weights.
    ///
    /// - Parameters:
    ///   - directory: The folder, which is there.
    ///   - values: The weights by name; a tensor that is not named keeps its own, rounded where `type` asks.
    ///   - type: The type of all weights; nil: each tensor's own. Values are rounded to nearest, ties to even.
    /// - Throws: ``ModelError`` where a file of this model cannot be read, ``MimoFiles/FileError`` where the disk
    ///   does not take one.
    public func write(to directory: String, weights values: [String: Tensor], as type: ElementType? = nil)
        throws
    {
        try copyCompanions(to: directory)
        for file in files {
            let writer = try SafetensorsWriter(
                path: "\(directory)/\(Folder.name(of: file.path))",
                items: file.tensors.map {
                    .init(name: $0.name, type: type.map { SafetensorsType($0) } ?? $0.type, shape: $0.shape)
                },
                metadata: file.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
            )
            for tensor in file.tensors {
                let own = try file.weight(tensor.name)
                let source = values[sourceName(of: tensor.name)].map { WeightMatrix($0) } ?? own
                try Self.append(source, as: type ?? own.type, to: writer)
                file.releasePages(tensor.byteRange)
            }
            try writer.finish()
        }
        if let type { try declare(type, in: directory) }
    }

    /// Says in a copy of this model's folder that the head is no longer the embedding.
    ///
    /// - Parameters:
    ///   - directory: The copy.
    ///   - addsHead: Whether the last file got a head that this model's files do not have.
    /// - Throws: As ``write(to:weights:as:)``.
    public func declareUntiedHead(in directory: String, addsHead: Bool) throws {
        let folder = try ModelFolder(self.directory)
        var fields = try folder.object(named: "config.json").members
        fields["tie_word_embeddings"] = false
        try AtomicFile.write(JSON.object(fields).text(indent: 2) + "\n", to: "\(directory)/config.json")
        guard isSharded, addsHead, let last = files.last, let head = self["model.embed_tokens.weight"] else {
            return
        }
        var index = try folder.object(named: Self.indexName).members
        var places = index["weight_map"]?.objectValue ?? JSONObject()
        places[config.headParameter.name] = .string(Folder.name(of: last.path))
        index["weight_map"] = .object(places)
        if var metadata = index["metadata"]?.objectValue, let size = metadata["total_size"]?.intValue {
            metadata["total_size"] = .int(Int64(size + head.byteRange.count))
            index["metadata"] = .object(metadata)
        }
        try AtomicFile.write(JSON.object(index).text(indent: 2) + "\n", to: "\(directory)/\(Self.indexName)")
    }

    /// A tied head that the files repeat is the embedding.
    private func sourceName(of name: String) -> String {
        config.tiesWordEmbeddings && name == config.headParameter.name ? "model.embed_tokens.weight" : name
    }

    private static func append(_ weight: WeightMatrix, as type: ElementType, to writer: SafetensorsWriter)
        throws
    {
        let step = max(1, blockSize / max(1, weight.columns))
        for start in stride(from: 0, to: weight.rows, by: step) {
            let block = weight.rows(start..<min(start + step, weight.rows))
            try writer.append(block.widened().narrowed(to: type))
        }
    }

    /// Puts the weights' type into config.json, and their size into the index of shards.
    private func declare(_ type: ElementType, in directory: String) throws {
        let folder = try ModelFolder(self.directory)
        var fields = try folder.object(named: "config.json").members
        let name = fields["dtype"] == nil ? "torch_dtype" : "dtype"
        fields[name] = .string(type.name)
        try AtomicFile.write(JSON.object(fields).text(indent: 2) + "\n", to: "\(directory)/config.json")
        guard isSharded else { return }
        var index = try folder.object(named: Self.indexName).members
        var metadata = index["metadata"]?.objectValue ?? JSONObject()
        let elements = files.flatMap(\.tensors).reduce(0) { $0 + $1.shape.reduce(1, *) }
        metadata["total_size"] = .int(Int64(elements * type.size))
        index["metadata"] = .object(metadata)
        try AtomicFile.write(JSON.object(index).text(indent: 2) + "\n", to: "\(directory)/\(Self.indexName)")
    }
}

extension ElementType {
    /// PyTorch's name of the type, as config.json has it.
    public var name: String {
        switch self {
        case .f32: "float32"
        case .f16: "float16"
        case .bf16: "bfloat16"
        }
    }

    /// The type of this name: PyTorch's, or the short one.
    public init?(name: String) {
        guard let type = Self.allCases.first(where: { name == $0.name || name == $0.rawValue.lowercased() })
        else { return nil }
        self = type
    }
}
