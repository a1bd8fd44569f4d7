import MimoFiles

/// `model.safetensors.index.json`: which shard holds which tensor.
struct ShardIndex {
    private let path: String
    private let shards: [(tensor: String, file: String)]

    /// The shards' names, sorted by their bytes.
    var fileNames: [String] {
        Set(shards.map(\.file)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// - Throws: ``ModelError/invalidConfig(path:field:found:expected:)`` where the map is missing or names
    ///   anything but plain safetensors files: an index is data from elsewhere and must not reach other folders.
    init(_ fields: ConfigFields) throws {
        path = fields.path
        guard let map = try fields.object("weight_map") else {
            throw fields.invalid("weight_map", "missing or empty", "an object of tensors and their files")
        }
        shards = try map.members.map { tensor, value in
            guard let file = value.stringValue, ModelFolder.isPlainName(file), file.hasSuffix(".safetensors")
            else {
                throw map.invalid(tensor, value.text(), "the plain name of a .safetensors file beside it")
            }
            return (tensor, file)
        }
    }

    /// Compares the index with the files, each way.
    func check(_ files: [SafetensorsFile], locations: [String: Int]) throws {
        let names = fileNames
        var indexed: Set<String> = []
        for (tensor, file) in shards {
            indexed.insert(tensor)
            guard let position = locations[tensor], names[position] == file else {
                throw ModelError.invalidTensor(
                    path: path,
                    tensor: tensor,
                    reason: "should be in \(file), but is not there"
                )
            }
        }
        for file in files {
            for tensor in file.tensors where !indexed.contains(tensor.name) {
                throw ModelError.invalidTensor(
                    path: file.path,
                    tensor: tensor.name,
                    reason: "is missing from the index \(path)"
                )
            }
        }
    }
}
