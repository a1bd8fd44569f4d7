import Foundation
import MimoAdapter
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct AdapterMergeTests {
    static func merge(_ golden: GoldenAdapter) throws -> AdapterMerge {
        let base = try Checkpoint(directory: golden.base)
        return AdapterMerge(base: base, adapter: try Adapter(directory: golden.directory, for: base.config))
    }

    static func data(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    /// 16-bit elements.
    static func words(_ bytes: [UInt8]) -> [Int] {
        stride(from: 0, to: bytes.count, by: 2).map { Int(bytes[$0]) | Int(bytes[$0 + 1]) << 8 }
    }

    static let goldens = GoldenAdapter.all.filter {
        Golden.has("model/\($0.model)/adapter/\($0.name)/expected/merged.safetensors")
    }

    @Test(.enabled(if: !goldens.isEmpty, "../shared/golden is not beside the checkout"), arguments: goldens)
    func `merged weights are PEFT's`(golden: GoldenAdapter) throws {
        let folder = try TemporaryFolder()
        let output = folder.file("merged")
        let report = try Self.merge(golden).write(to: output)
        let merged = try Checkpoint(directory: output)
        let expected = try SafetensorsFile(path: golden.expected("merged.safetensors"))
        #expect(Set(merged.files.flatMap { $0.tensors.map(\.name) }) == Set(expected.tensors.map(\.name)))
        #expect(report.tensors == expected.tensors.count)
        var (count, off) = (0, 0)
        for tensor in expected.tensors {
            #expect(merged[tensor.name]?.shape == tensor.shape && merged[tensor.name]?.type == .bf16)
            let file = try #require(merged.files.first { $0[tensor.name] != nil })
            let (ours, theirs) = (
                Self.words(try file.bytes(tensor.name)), Self.words(try expected.bytes(tensor.name))
            )
            count += ours.count
            for (one, two) in zip(ours, theirs) where one != two {
                off += 1
                #expect(abs(one - two) == 1, "\(tensor.name): more than one ulp")
            }
        }
        #expect(off * 1000 < count, "\(off) of \(count) elements differ by an ulp")
    }

    @Test func `shards, index, companions and unchanged tensors are the base's bytes`() throws {
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: Golden.path("model/tiny-mimo"), to: "base")
        for name in ["forward.safetensors", "mtp.safetensors"] {
            try FileManager.default.removeItem(atPath: folder.file("base/\(name)"))
        }
        for name in ["tokenizer.json", "chat_template.jinja", "modeling_mimo.py", "LICENSE"] {
            try folder.write("content of \(name)", to: "base/\(name)")
        }
        for name in ["README.md", ".gitattributes", "pytorch_model.bin", "consolidated.safetensors"] {
            try folder.write("x", to: "base/\(name)")
        }
        let base = try Checkpoint(directory: folder.file("base"))
        let golden = GoldenAdapter(model: "tiny-mimo", name: "qv")
        let adapter = try Adapter(directory: golden.directory, for: base.config)
        var steps: [Int] = []
        let report = try AdapterMerge(base: base, adapter: adapter).write(to: folder.file("out/")) {
            written,
            total in
            #expect(total == 444_928)
            steps.append(written)
        }
        #expect(report.tensors == 55)
        #expect(report.merged == 6)
        #expect(report.bytes == 444_928)
        #expect(report.rounding.count == 6)
        // The base is bf16: of 8 bits of fraction, rounding takes at most half of the last.
        for rounding in report.rounding {
            #expect(rounding.largest > 0 && rounding.largest < 0.01, "\(rounding)")
            #expect(rounding.lostShare > 0 && rounding.lostShare < 1, "\(rounding)")
        }
        #expect(throws: FileError.exists(path: "refused")) {
            try AdapterMerge(base: base, adapter: adapter).write(
                to: folder.file("refused"),
                check: { written, _ in
                    #expect(try Folder.names(in: written).contains { $0.hasSuffix(".safetensors") })
                    throw FileError.exists(path: "refused")
                }
            )
        }
        #expect(!Folder.exists(folder.file("refused")))
        #expect(steps.count == 55 && steps.last == 444_928 && steps == steps.sorted())
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.file("out")).sorted()
                == [
                    "LICENSE", "chat_template.jinja", "config.json", "model-00001-of-00002.safetensors",
                    "model-00002-of-00002.safetensors", "model.safetensors.index.json", "modeling_mimo.py",
                    "tokenizer.json",
                ]
        )
        for name in ["tokenizer.json", "config.json", "model.safetensors.index.json"] {
            #expect(try Self.data(folder.file("out/\(name)")) == Self.data(folder.file("base/\(name)")))
        }
        let merged = try Checkpoint(directory: folder.file("out"))
        for (ours, theirs) in zip(merged.files, base.files) {
            #expect(ours.tensors == theirs.tensors, "same order, same places")
            #expect(ours.metadata == theirs.metadata)
            for tensor in ours.tensors {
                let isAdapted =
                    tensor.name.hasSuffix("q_proj.weight") || tensor.name.hasSuffix("v_proj.weight")
                let isMerged = isAdapted && !tensor.name.contains("mtp_layers")
                #expect(
                    try (ours.bytes(tensor.name) != theirs.bytes(tensor.name)) == isMerged,
                    "\(tensor.name)"
                )
            }
        }
    }

    @Test func `a tied head stays tied`() throws {
        let folder = try TemporaryFolder()
        let output = folder.file("merged")
        try Self.merge(GoldenAdapter(model: "tiny-llama", name: "all_linear")).write(to: output)
        let merged = try Checkpoint(directory: output)
        #expect(merged.config.tiesWordEmbeddings && !merged.contains("lm_head.weight"))
    }

    @Test func `an untrained adapter changes nothing`() throws {
        let base = try Checkpoint(directory: Golden.path("model/tiny-qwen3"))
        let adapter = try Adapter(initializing: LoRAConfig(), for: base.config, seed: 1)
        let folder = try TemporaryFolder()
        try AdapterMerge(base: base, adapter: adapter).write(to: folder.file("out"))
        #expect(
            try Self.data(folder.file("out/model.safetensors"))
                == Self.data("\(base.directory)/model.safetensors")
        )
    }

    @Test(arguments: [ElementType.f32, .f16])
    func `a base keeps its type, and each weight is the sum rounded to it`(type: ElementType) throws {
        let golden = GoldenAdapter(model: "tiny-qwen2", name: "all_linear")
        let source = try Checkpoint(directory: golden.base)
        let folder = try TemporaryFolder()
        try folder.write([UInt8](try Self.data("\(golden.base)/config.json")), to: "base/config.json")
        let tensors = source.files.flatMap(\.tensors)
        let writer = try SafetensorsWriter(
            path: folder.file("base/model.safetensors"),
            items: tensors.map { .init(name: $0.name, type: SafetensorsType(type), shape: $0.shape) }
        )
        for tensor in tensors { try writer.append(source.weight(tensor.name).widened().narrowed(to: type)) }
        try writer.finish()

        let base = try Checkpoint(directory: folder.file("base"))
        let adapter = try Adapter(directory: golden.directory, for: base.config)
        try AdapterMerge(base: base, adapter: adapter).write(to: folder.file("out"))
        let merged = try Checkpoint(directory: folder.file("out"))
        for weights in adapter.modules {
            let name = "\(weights.module.path).weight"
            let (before, after) = (try base.weight(name).widened(), try merged.weight(name))
            #expect(after.type == type)
            var expected = before.elements
            for index in expected.indices {
                let (row, column) = (index / before.columns, index % before.columns)
                let product = (0..<weights.module.rank).reduce(0.0) {
                    $0 + Double(weights.b[row, $1]) * Double(weights.a[$1, column])
                }
                expected[index] = Float(Double(expected[index]) + weights.module.scaling * product)
            }
            // Half a unit in the last place of the type, and the float sum's own rounding.
            let unit: Float = type == .f32 ? 0x1p-24 : 0x1p-11
            expectClose(after.widened().elements, expected, rtol: unit * 1.01, atol: 3e-7, name)
        }
    }

    @Test func `what stands at the output is safe`() throws {
        let merge = try Self.merge(GoldenAdapter(model: "tiny-qwen2", name: "qv"))
        let folder = try TemporaryFolder()
        try folder.write("precious", to: "out/file")
        #expect(throws: AdapterError.outputExists(path: folder.file("out"))) {
            try merge.write(to: folder.file("out"))
        }
        try folder.write("a file", to: "file")
        #expect(throws: AdapterError.outputExists(path: folder.file("file"))) {
            try merge.write(to: folder.file("file"), replacing: true)
        }
        #expect(try String(contentsOfFile: folder.file("out/file"), encoding: .utf8) == "precious")
        try merge.write(to: folder.file("out"), replacing: true)
        #expect(!FileManager.default.fileExists(atPath: folder.file("out/file")))
        _ = try Checkpoint(directory: folder.file("out"))
        try FileManager.default.createDirectory(
            atPath: folder.file("empty"),
            withIntermediateDirectories: true
        )
        try merge.write(to: folder.file("empty"))
        _ = try Checkpoint(directory: folder.file("empty"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                "empty", "file", "out",
            ]
        )
    }

    @Test func `the base and the adapter cannot be replaced by what is made from them`() throws {
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: Golden.path("model/tiny-qwen2"), to: "home/base")
        let base = try Checkpoint(directory: folder.file("home/base"))
        let adapter = try Adapter(initializing: LoRAConfig(), for: base.config, seed: 1)
        let merge = AdapterMerge(base: base, adapter: adapter)
        for output in ["home", "home/base", "home/base/", "home/../home/base"] {
            let error = #expect(throws: AdapterError.self) {
                try merge.write(to: folder.file(output), replacing: true)
            }
            guard case .outputHoldsInput = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        try adapter.write(to: folder.file("run/checkpoint-1"))
        #expect(throws: AdapterError.self) {
            try merge.write(
                to: folder.file("run"),
                replacing: true,
                keeping: [folder.file("run/checkpoint-1")]
            )
        }
        _ = try Checkpoint(directory: folder.file("home/base"))
    }

    @Test func `a merge that is not finite leaves nothing`() throws {
        let base = try Checkpoint(directory: Golden.path("model/tiny-qwen2"))
        let adapter = try Adapter(initializing: LoRAConfig(), for: base.config, seed: 1)
        for weights in adapter.modules.suffix(1) {
            weights.a.fill(1e30)
            weights.b.fill(1e30)
        }
        let folder = try TemporaryFolder()
        #expect(
            throws: AdapterError.mergeNotFinite(tensor: "model.layers.1.mlp.down_proj.weight", type: "BF16")
        ) { try AdapterMerge(base: base, adapter: adapter).write(to: folder.file("out")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }

    @Test func `a companion that links out of the base is not copied`() throws {
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: Golden.path("model/tiny-qwen2"), to: "base")
        try folder.write("secret", to: "id_rsa")
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("base/tokenizer.json"),
            withDestinationPath: "../id_rsa"
        )
        let base = try Checkpoint(directory: folder.file("base"))
        let adapter = try Adapter(initializing: LoRAConfig(), for: base.config, seed: 1)
        let error = #expect(throws: ModelError.self) {
            try AdapterMerge(base: base, adapter: adapter).write(to: folder.file("out"))
        }
        #expect(error?.description.contains("leads out of the model's folder") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
}
