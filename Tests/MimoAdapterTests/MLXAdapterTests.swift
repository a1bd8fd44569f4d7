import MimoAdapter
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct MLXAdapterTests {
    private func transposed(_ matrix: Tensor) -> Tensor {
        let out = Tensor(rows: matrix.columns, columns: matrix.rows)
        for row in 0..<matrix.rows {
            for column in 0..<matrix.columns { out[column, row] = matrix[row, column] }
        }
        return out
    }

    /// Writes an adapter as mlx-lm does.
    private func write(_ adapter: Adapter, _ config: JSON, to folder: TemporaryFolder) throws {
        var tensors: [String: (tensor: Tensor, shape: [Int])] = [:]
        for weights in adapter.modules {
            let (a, b) = (transposed(weights.a), transposed(weights.b))
            tensors["\(weights.module.path).lora_a"] = (a, [a.rows, a.columns])
            tensors["\(weights.module.path).lora_b"] = (b, [b.rows, b.columns])
            if let magnitude = weights.magnitude {
                tensors["\(weights.module.path).m"] = (magnitude, [magnitude.count])
            }
        }
        let items = SafetensorsWriter.referenceOrder(
            tensors.map { .init(name: $0.key, type: .f32, shape: $0.value.shape) }
        )
        let writer = try SafetensorsWriter(path: folder.file("adapters.safetensors"), items: items)
        for item in items { try writer.append(try #require(tensors[item.name]?.tensor)) }
        try writer.finish()
        try folder.write(config.text(), to: "adapter_config.json")
    }

    private func config(layers: Int = -1, scale: Double, keys: [String]?, kind: String = "lora") -> JSON {
        [
            "fine_tune_type": .string(kind), "num_layers": .int(Int64(layers)), "model": "somewhere/base",
            "batch_size": 4, "iters": 1000,
            "lora_parameters": [
                "rank": 4, "dropout": 0.0, "scale": .double(scale),
                "keys": keys.map { .array($0.map { .string($0) }) } ?? .null,
            ],
        ]
    }

    /// An adapter of rank 4 whose matrices are all random.
    private func random(_ model: ModelConfig, layers: [Int]? = nil, targets: [String]) throws -> Adapter {
        var config = LoRAConfig(rank: 4, alpha: 10, targets: .names(targets), layers: layers)
        config.initialWeights = .random
        return try Adapter(initializing: config, for: model, seed: 7)
    }

    private func logits(_ adapter: Adapter, on directory: String) throws -> [Float] {
        let checkpoint = try Checkpoint(directory: directory)
        var decoder = try Decoder(checkpoint)
        adapter.attach(to: &decoder, isTrained: false)
        let cache = KeyValueCache(checkpoint.config)
        return InferencePass(decoder).run([(cache, [3, 14, 15, 92, 6])], logits: .all).elements
    }

    @Test("An adapter of mlx-lm says what the same adapter in PEFT's form says", arguments: Golden.tinyModels)
    func logits(model name: String) throws {
        let directory = Golden.path("model/\(name)")
        let model = try ModelConfig(directory: directory)
        let targets = ["self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj"]
        let adapter = try random(model, targets: targets)
        let expected = try logits(adapter, on: directory)
        for keys in [targets, nil] {
            let folder = try TemporaryFolder()
            try write(adapter, config(scale: 2.5, keys: keys), to: folder)
            let read = try Adapter(directory: folder.path, for: model)
            #expect(read.config.alpha == 10)
            #expect(try Adapter.baseModel(in: folder.path) == "somewhere/base")
            #expect(try logits(read, on: directory) == expected)
        }
        #expect(try logits(random(model, targets: ["q_proj"]), on: directory) != expected)
    }

    @Test("Only the last layers are adapted where the training adapted only them")
    func lastLayers() throws {
        let directory = Golden.path("model/tiny-llama")
        let model = try ModelConfig(directory: directory)
        let last = model.layerCount - 1
        let adapter = try random(model, layers: [last], targets: ["v_proj"])
        let folder = try TemporaryFolder()
        try write(adapter, config(layers: 1, scale: 2.5, keys: ["self_attn.v_proj"]), to: folder)
        let read = try Adapter(directory: folder.path, for: model)
        #expect(read.modules.map(\.module.layer) == [last])
        #expect(try logits(read, on: directory) == logits(adapter, on: directory))
        // Written again it is PEFT's, and the same.
        let copy = try TemporaryFolder()
        try read.write(to: copy.path)
        let again = try Adapter(directory: copy.path, for: model)
        #expect(try logits(again, on: directory) == logits(adapter, on: directory))
        // A file that does not hold what the description says is refused by its tensor.
        try folder.write(
            config(layers: 2, scale: 2.5, keys: ["self_attn.v_proj"]).text(),
            to: "adapter_config.json"
        )
        #expect(
            throws: AdapterError.missingTensor(
                path: folder.file("adapters.safetensors"),
                tensor: "model.layers.\(last - 1).self_attn.v_proj.lora_a",
                expected: [model.hiddenSize, 4]
            )
        ) { try Adapter(directory: folder.path, for: model) }
    }

    @Test("DoRA's magnitudes come along")
    func dora() throws {
        let directory = Golden.path("model/tiny-qwen3")
        let model = try ModelConfig(directory: directory)
        var adapter = try random(model, targets: ["self_attn.k_proj"])
        adapter.config.usesDoRA = true
        for index in adapter.modules.indices {
            let outputs = adapter.modules[index].b.rows
            adapter.modules[index].magnitude = Tensor(
                (0..<outputs).map { 0.5 + Float($0) / 64 },
                rows: 1,
                columns: outputs
            )
        }
        let folder = try TemporaryFolder()
        try write(adapter, config(scale: 2.5, keys: ["self_attn.k_proj"], kind: "dora"), to: folder)
        let read = try Adapter(directory: folder.path, for: model)
        #expect(try logits(read, on: directory) == logits(adapter, on: directory))
    }

    @Test("What is no low-rank update is refused")
    func refused() throws {
        let folder = try TemporaryFolder()
        try folder.write(config(scale: 1, keys: nil, kind: "full").text(), to: "adapter_config.json")
        let model = try ModelConfig(directory: Golden.path("model/tiny-llama"))
        #expect(
            throws: ModelError.unsupported(
                path: folder.file("adapter_config.json"),
                feature: "\"fine_tune_type\": \"full\"",
                advice: "fuse it into its base with mlx_lm.fuse"
            )
        ) { try Adapter(directory: folder.path, for: model) }
    }
}
