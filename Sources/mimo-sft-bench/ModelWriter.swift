import ArgumentParser
import MimoFiles
import MimoModel

/// `mimo-sft-bench write-model`: a checkpoint of a config's exact shapes with random bf16 weights, to measure
/// with where the real one is not at hand. It is written as it is made, in shards, and never held.
struct ModelWriter: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "write-model",
        abstract: "Writes a model folder with random weights of a config.json's shapes."
    )

    @Option(help: "A config.json.") var config: String
    @Option(help: "A folder whose tokenizer files are copied.") var tokenizer: String
    @Option(help: "The new folder.") var output: String
    @Option(help: "Bytes of a shard, in GB.") var shard = 4.0
    @Option(help: "What the weights depend on.") var seed: UInt64 = 42

    func run() throws {
        guard shard > 0 else { throw ValidationError("--shard is \(shard); expected gigabytes above 0") }
        try Folder.make(output)
        for name in [
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "generation_config.json",
        ]
        where Folder.exists("\(tokenizer)/\(name)") {
            try copy("\(tokenizer)/\(name)", to: "\(output)/\(name)")
        }
        try copy(config, to: "\(output)/config.json")
        let shape = try ModelConfig(directory: output)
        let parameters = (0..<shape.mtpLayerCount).reduce(shape.parameters) {
            $0 + shape.mtpParameters(layer: $1)
        }
        let items = parameters.map { SafetensorsWriter.Item(name: $0.name, type: .bf16, shape: $0.shape) }
        var shards: [[SafetensorsWriter.Item]] = [[]]
        var filled = 0
        for item in items {
            let bytes = 2 * item.shape.reduce(1, *)
            if filled > 0, Double(filled + bytes) > shard * 1e9 {
                shards.append([])
                filled = 0
            }
            shards[shards.count - 1].append(item)
            filled += bytes
        }
        var weightMap: [(String, JSON)] = []
        var random = RandomWeights(seed: seed)
        for (number, items) in shards.enumerated() {
            let name = "model-\(digits(number + 1))-of-\(digits(shards.count)).safetensors"
            let writer = try SafetensorsWriter(path: "\(output)/\(name)", items: items)
            for item in items {
                weightMap.append((item.name, .string(name)))
                let isNorm = item.name.hasSuffix("norm.weight")
                var left = item.shape.reduce(1, *)
                while left > 0 {
                    let count = min(left, 1 << 20)
                    try (isNorm ? RandomWeights.ones(count) : random.next(count)).withUnsafeBytes {
                        try writer.append($0)
                    }
                    left -= count
                }
            }
            try writer.finish()
            print("\(output)/\(name)")
        }
        let total = items.reduce(0) { $0 + 2 * $1.shape.reduce(1, *) }
        var index = JSONObject()
        var map = JSONObject()
        for (name, file) in weightMap { map[name] = file }
        var metadata = JSONObject()
        metadata["total_size"] = .int(Int64(total))
        index["metadata"] = .object(metadata)
        index["weight_map"] = .object(map)
        try AtomicFile.write(JSON.object(index).text(), to: "\(output)/model.safetensors.index.json")
    }

    private func copy(_ path: String, to copy: String) throws {
        let (source, copy) = (try FileBlocks(path: path), try AtomicFile(path: copy))
        while let block = try source.nextBlock() { try copy.append(block) }
        try copy.commit()
    }

    private func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, 5 - text.count)) + text
    }
}

/// Weights drawn evenly with a standard deviation of 0.02, as bf16.
private struct RandomWeights {
    private var state: UInt64
    /// The bf16 number of each 16 random bits.
    private static let values = (0..<65536).map { bits in
        UInt16(truncatingIfNeeded: ((Float(bits) / 65536 - 0.5) * 0.0693).bitPattern >> 16)
    }

    init(seed: UInt64) { state = seed }

    static func ones(_ count: Int) -> [UInt16] { Array(repeating: 0x3f80, count: count) }

    /// Method: SplitMix64 (Steele et al. 2014), four weights of each number.
    mutating func next(_ count: Int) -> [UInt16] {
        var out: [UInt16] = []
        out.reserveCapacity(count + 3)
        Self.values.withUnsafeBufferPointer { values in
            while out.count < count {
                state &+= 0x9E37_79B9_7F4A_7C15
                var bits = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
                bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
                bits ^= bits >> 31
                for shift in [0, 16, 32, 48] as [UInt64] { out.append(values[Int(bits >> shift & 0xffff)]) }
            }
        }
        return Array(out.prefix(count))
    }
}
