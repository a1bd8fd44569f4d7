import Foundation
import MimoAdapter
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct AdapterTests {
    static func tiny(_ name: String = "tiny-mimo") throws -> ModelConfig {
        try ModelConfig(directory: Golden.path("model/\(name)"))
    }

    static func data(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    @Test(arguments: GoldenAdapter.all)
    func `PEFT's adapters load, and are the same bytes when written again`(golden: GoldenAdapter) throws {
        let adapter = try Adapter(directory: golden.directory, for: ModelConfig(directory: golden.base))
        let folder = try TemporaryFolder()
        try adapter.write(to: folder.file("deep/copy"))
        for name in ["adapter_config.json", "adapter_model.safetensors"] {
            #expect(
                try Self.data(folder.file("deep/copy/\(name)")) == Self.data("\(golden.directory)/\(name)")
            )
        }
    }

    @Test(arguments: Golden.tinyModels)
    func `the training cases' first adapters load`(model: String) throws {
        let adapter = try Adapter(
            directory: Golden.path("model/\(model)/train/initial_adapter"),
            for: Self.tiny(model)
        )
        #expect(adapter.modules.allSatisfy { $0.a.elements.contains { $0 != 0 } })
    }

    @Test func `a new adapter is Kaiming-uniform in A and zero in B`() throws {
        let config = LoRAConfig(rank: 16)
        let model = try Self.tiny()
        let adapter = try Adapter(initializing: config, for: model, seed: 42)
        #expect(adapter.modules.map(\.module) == (try config.modules(of: model)))
        for weights in adapter.modules {
            #expect(weights.b.elements.allSatisfy { $0 == 0 })
            let inputs = Float(weights.a.columns)
            let bound = 1 / inputs.squareRoot()
            let values = weights.a.elements
            #expect(values.allSatisfy { $0 >= -bound && $0 < bound })
            let (lowest, highest) = (values.min() ?? 0, values.max() ?? 0)
            #expect(lowest < -0.95 * bound && highest > 0.95 * bound)
            let mean = values.reduce(0, +) / Float(values.count)
            let variance = values.reduce(0) { $0 + $1 * $1 } / Float(values.count)
            // Five standard errors of the mean and variance of a uniform distribution.
            let count = Float(values.count).squareRoot()
            #expect(abs(mean) < 5 * bound / (3 * count * count).squareRoot())
            #expect(abs(variance - bound * bound / 3) < 5 * bound * bound * 0.3 / count)
        }
        #expect(adapter.parameterCount == adapter.modules.reduce(0) { $0 + $1.a.count + $1.b.count })
    }

    @Test func `first values depend on seed and module alone`() throws {
        let model = try Self.tiny()
        let all = try Adapter(initializing: LoRAConfig(), for: model, seed: 1)
        let some = try Adapter(
            initializing: LoRAConfig(targets: .names(["v_proj", "up_proj"])),
            for: model,
            seed: 1
        )
        let other = try Adapter(initializing: LoRAConfig(), for: model, seed: 2)
        for weights in some.modules {
            let same = try #require(all.modules.first { $0.module == weights.module })
            #expect(same.a.elements == weights.a.elements)
        }
        for (one, two) in zip(all.modules, other.modules) { #expect(one.a.elements != two.a.elements) }
        #expect(Set(all.modules.map { $0.a[0, 0] }).count == all.modules.count)
    }

    @Test func `a listed target that names nothing is an error for a new adapter`() throws {
        let error = #expect(throws: AdapterError.self) {
            try Adapter(
                initializing: LoRAConfig(targets: .names(["q_proj", "c_attn"])),
                for: Self.tiny(),
                seed: 1
            )
        }
        #expect(error == .noTargets(targets: "[c_attn]"))
    }

    @Test func `the decoder's update shares A and gives both back`() throws {
        let adapter = try Adapter(directory: GoldenAdapter.all[0].directory, for: Self.tiny())
        let weights = try #require(adapter.modules.first)
        let update = weights.update(isTrained: true)
        #expect(update.scale == 2 && update.rank == 4)
        #expect(update.bTransposed[1, 0] == weights.b[0, 1])
        let back = LoRAWeights(module: weights.module, update: update)
        #expect(back.b.elements == weights.b.elements)
        update.a[0, 0] = 7
        #expect(weights.a[0, 0] == 7 && back.a[0, 0] == 7)
    }

    /// An adapter's folder with one tensor replaced, renamed or taken out.
    private static func folder(
        type: SafetensorsType = .f32,
        _ change: (String, [Int], [Float]) -> (String, [Int], [Float])?
    ) throws -> TemporaryFolder {
        let source = GoldenAdapter(model: "tiny-mimo", name: "qv").directory
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: source)
        let file = try SafetensorsFile(path: "\(source)/adapter_model.safetensors")
        let tensors = try file.tensors.compactMap {
            change($0.name, $0.shape, try file.tensor($0.name).elements)
        }
        let writer = try SafetensorsWriter(
            path: folder.file("adapter_model.safetensors"),
            items: tensors.map { .init(name: $0.0, type: type, shape: $0.1) }
        )
        for (_, _, elements) in tensors {
            let tensor = Tensor(elements, rows: 1, columns: elements.count)
            if let elementType = type.elementType {
                try writer.append(tensor.narrowed(to: elementType))
            } else {
                try writer.append(elements.map { UInt8(clamping: Int($0)) })
            }
        }
        try writer.finish()
        return folder
    }

    private static let oneA = "base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight"
    private static let oneB = "base_model.model.model.layers.1.self_attn.q_proj.lora_B.weight"

    @Test func `half precision is read as floats`() throws {
        for type in [SafetensorsType.f16, .bf16] {
            let folder = try Self.folder(type: type) { ($0, $1, $2) }
            let adapter = try Adapter(directory: folder.path, for: Self.tiny())
            let exact = try Adapter(
                directory: GoldenAdapter(model: "tiny-mimo", name: "qv").directory,
                for: Self.tiny()
            )
            for (half, full) in zip(adapter.modules, exact.modules) {
                expectClose(half.a.elements, full.a.elements, rtol: 0x1p-8, atol: 1e-7)
            }
        }
    }

    @Test func `a missing tensor is named with its shape`() throws {
        let folder = try Self.folder { $0 == Self.oneB ? nil : ($0, $1, $2) }
        #expect(
            throws: AdapterError.missingTensor(
                path: folder.file("adapter_model.safetensors"),
                tensor: Self.oneB,
                expected: [64, 4]
            )
        ) { try Adapter(directory: folder.path, for: Self.tiny()) }
    }

    @Test(arguments: [
        "base_model.model.model.layers.9.self_attn.q_proj.lora_A.weight",
        "base_model.model.model.layers.1.self_attn.q_proj.lora_magnitude_vector",
        "base_model.model.lm_head.lora_A.weight", "model.layers.1.self_attn.q_proj.lora_A.weight",
    ])
    func `an extra tensor is named`(name: String) throws {
        let folder = try Self.folder { $0 == Self.oneA ? (name, $1, $2) : ($0, $1, $2) }
        #expect(
            throws: AdapterError.unexpectedTensor(
                path: folder.file("adapter_model.safetensors"),
                tensor: name
            )
        ) { try Adapter(directory: folder.path, for: Self.tiny()) }
    }

    @Test func `a rank that the config does not say is told from another base`() throws {
        let wrongRank = try Self.folder {
            $0 == Self.oneA ? ($0, [3, 64], Array($2.prefix(192))) : ($0, $1, $2)
        }
        #expect(
            throws: AdapterError.wrongRank(
                path: wrongRank.file("adapter_model.safetensors"),
                tensor: Self.oneA,
                found: [3, 64],
                expected: [4, 64]
            )
        ) { try Adapter(directory: wrongRank.path, for: Self.tiny()) }
        let flat = try Self.folder { $0 == Self.oneA ? ($0, [256], $2) : ($0, $1, $2) }
        #expect(throws: AdapterError.self) { try Adapter(directory: flat.path, for: Self.tiny()) }
        let path = GoldenAdapter(model: "tiny-mimo", name: "qv").directory
        let error = #expect(throws: AdapterError.self) {
            var other = try Self.tiny()
            other.hiddenSize = 96
            _ = try Adapter(directory: path, for: other)
        }
        #expect(
            error
                == .wrongBase(
                    path: "\(path)/adapter_model.safetensors",
                    tensor: "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
                    found: [4, 64],
                    expected: [4, 96]
                )
        )
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func `what is not finite is refused by name`(value: Float) throws {
        let folder = try Self.folder { $0 == Self.oneB ? ($0, $1, $2.dropLast() + [value]) : ($0, $1, $2) }
        #expect(
            throws: AdapterError.notFinite(path: folder.file("adapter_model.safetensors"), tensor: Self.oneB)
        ) { try Adapter(directory: folder.path, for: Self.tiny()) }
    }

    @Test func `integers are refused by their type`() throws {
        let folder = try Self.folder(type: .u8) { ($0, $1, $2) }
        let error = #expect(throws: ModelError.self) { try Adapter(directory: folder.path, for: Self.tiny()) }
        #expect(error?.description.contains("holds U8; F32, F16 and BF16 are read as floats") == true)
    }

    @Test func `a pickle is refused with what to do`() throws {
        let folder = try Self.folder { ($0, $1, $2) }
        try FileManager.default.moveItem(
            atPath: folder.file("adapter_model.safetensors"),
            toPath: folder.file("adapter_model.bin")
        )
        let error = #expect(throws: ModelError.self) { try Adapter(directory: folder.path, for: Self.tiny()) }
        #expect(error?.description.contains("adapter_model.bin") == true)
        #expect(error?.description.contains("safe_serialization=True") == true)
        try FileManager.default.removeItem(atPath: folder.file("adapter_model.bin"))
        #expect(
            throws: ModelError.unreadable(path: folder.path, reason: "holds no adapter_model.safetensors")
        ) { try Adapter(directory: folder.path, for: Self.tiny()) }
    }
}
