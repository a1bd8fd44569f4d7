import Foundation
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct CheckpointTests {
    /// A copy of a tiny model to be damaged.
    static func copy(of name: String) throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.copyFiles(of: Golden.path("model/\(name)"))
        return folder
    }

    /// Replaces text in a file of the folder, by text of any length.
    static func replace(_ old: String, by new: String, in name: String, of folder: TemporaryFolder) throws {
        let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
        try #require(text.contains(old))
        try folder.write(text.replacingOccurrences(of: old, with: new), to: name)
    }

    /// Rewrites a safetensors header by some function of its text; the data stay.
    static func rewriteHeader(of name: String, in folder: TemporaryFolder, _ change: (String) -> String)
        throws
    {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: folder.file(name))))
        let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = change(String(decoding: bytes[8..<8 + length], as: UTF8.self))
        try folder.write(SafetensorsFileTests.file(header, data: Array(bytes[(8 + length)...])), to: name)
    }

    @Test(arguments: Golden.tinyModels)
    func `the tiny models open and hold what their configs imply`(name: String) throws {
        let checkpoint = try Checkpoint(directory: Golden.path("model/\(name)"))
        let config = checkpoint.config
        #expect(checkpoint.isSharded == (name == "tiny-mimo"))
        #expect(checkpoint.mtpLayerCount == (name == "tiny-mimo" ? 1 : 0))
        let head = try checkpoint.head()
        #expect(head.rows == config.vocabularySize && head.columns == config.hiddenSize)
        #expect(checkpoint.contains("lm_head.weight") == !config.tiesWordEmbeddings)
        for parameter in config.parameters {
            let weight = try checkpoint.weight(parameter.name)
            #expect(weight.type == .bf16)
            #expect(
                parameter.shape
                    == (parameter.shape.count == 1 ? [weight.columns] : [weight.rows, weight.columns])
            )
        }
        let norm = try checkpoint.vector("model.norm.weight")
        #expect(norm.rows == 1 && norm.columns == config.hiddenSize)
        #expect(norm.elements.allSatisfy { abs($0 - 1) < 0.6 })
    }

    @Test func `an embedding row is the reference's hidden state before the first block`() throws {
        let checkpoint = try Checkpoint(directory: Golden.path("model/tiny-mimo"))
        let golden = try SafetensorsFile(path: Golden.path("model/tiny-mimo/forward.safetensors"))
        let ids = try golden.bytes("ids.1").chunks(of: 4).map { bytes in
            Int32(bitPattern: bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
        let rows = Tensor(rows: ids.count, columns: 64)
        try checkpoint.weight("model.embed_tokens.weight").gatherRows(ids, into: rows)
        #expect(rows.elements == (try golden.tensor("hidden.1.embed").elements))
    }

    @Test func `a missing tensor is named with its shape`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        try Self.replace(
            "\"num_hidden_layers\": 3",
            by: "\"num_hidden_layers\": 4",
            in: "config.json",
            of: folder
        )
        #expect(
            throws: ModelError.missingTensor(
                path: folder.path,
                tensor: "model.layers.3.input_layernorm.weight",
                expected: [96]
            )
        ) { try Checkpoint(directory: folder.path) }
    }

    @Test func `an extra tensor is named with its file`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        try Self.replace(
            "\"num_hidden_layers\": 3",
            by: "\"num_hidden_layers\": 2",
            in: "config.json",
            of: folder
        )
        let error = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        guard case .unexpectedTensor(let path, let tensor) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(path == folder.file("model.safetensors"))
        #expect(tensor.hasPrefix("model.layers.2."))
    }

    @Test func `a tensor of another shape is named with both`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        try Self.replace("\"vocab_size\": 320", by: "\"vocab_size\": 321", in: "config.json", of: folder)
        let error = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(
            error
                == .wrongShape(
                    path: folder.file("model.safetensors"),
                    tensor: "model.embed_tokens.weight",
                    found: [320, 96],
                    expected: [321, 96]
                )
        )
        #expect(
            error?.description == """
                \(folder.file("model.safetensors")): tensor "model.embed_tokens.weight" has shape [320, 96]; \
                config.json implies [321, 96]
                """
        )
    }

    @Test func `a quantized tensor is refused by its type`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        try Self.rewriteHeader(of: "model.safetensors", in: folder) {
            $0.replacingOccurrences(of: "BF16", with: "I16")
        }
        let error = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(error?.description.contains("holds I16; F32, F16 and BF16 are read as floats") == true)
    }

    @Test func `MTP layers may be missing as a whole, but not in part`() throws {
        let folder = try Self.copy(of: "tiny-mimo")
        try Self.replace(
            "\"num_nextn_predict_layers\": 1",
            by: "\"num_nextn_predict_layers\": 2",
            in: "config.json",
            of: folder
        )
        #expect(try Checkpoint(directory: folder.path).mtpLayerCount == 1)
        for name in ["model.safetensors.index.json", "model-00002-of-00002.safetensors"] {
            let change = { (text: String) in
                text.replacingOccurrences(
                    of: "model.mtp_layers.0.input_proj",
                    with: "model.mtp_layers.1.input_proj"
                )
            }
            if name.hasSuffix("json") {
                let text = try String(contentsOfFile: folder.file(name), encoding: .utf8)
                try folder.write(change(text), to: name)
            } else {
                try Self.rewriteHeader(of: name, in: folder, change)
            }
        }
        #expect(
            throws: ModelError.missingTensor(
                path: folder.path,
                tensor: "model.mtp_layers.0.input_proj.weight",
                expected: [64, 128]
            )
        ) { try Checkpoint(directory: folder.path) }
    }

    @Test func `old rotary frequencies and a tied head written out are let be`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        let size = 320 * 96 * 2
        let data = [UInt8](try Data(contentsOf: URL(filePath: folder.file("model.safetensors"))))
        let length = data[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let end = data.count - 8 - length
        try Self.rewriteHeader(of: "model.safetensors", in: folder) { header in
            let trimmed = header.trimmingCharacters(in: .whitespaces).dropLast()
            return """
                \(trimmed),"lm_head.weight":{"dtype":"BF16","shape":[320,96],"data_offsets":[\(end),\(end + size)]},\
                "model.layers.0.self_attn.rotary_emb.inv_freq":\
                {"dtype":"F32","shape":[8],"data_offsets":[\(end + size),\(end + size + 32)]}}
                """
        }
        let handle = try #require(FileHandle(forWritingAtPath: folder.file("model.safetensors")))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(count: size + 32))
        try handle.close()
        let checkpoint = try Checkpoint(directory: folder.path)
        #expect(try checkpoint.head().widened().elements.contains { $0 != 0 }, "the embedding is the head")
    }

    @Test(arguments: [
        "../x.safetensors", "/etc/x.safetensors", "a/b.safetensors", "a\\b.safetensors", "..", "x.bin", "",
    ])
    func `an index that leads elsewhere is refused`(name: String) throws {
        let folder = try Self.copy(of: "tiny-mimo")
        let escaped = name.replacingOccurrences(of: "\\", with: "\\\\")
        try Self.replace(
            "model-00001-of-00002.safetensors",
            by: escaped,
            in: "model.safetensors.index.json",
            of: folder
        )
        let error = try #require(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        guard case .invalidConfig(let path, let field, _, let expected) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(path == folder.file("model.safetensors.index.json"))
        #expect(field.hasPrefix("weight_map."))
        #expect(expected == "the plain name of a .safetensors file beside it")
    }

    @Test func `index and shards must agree`() throws {
        let folder = try Self.copy(of: "tiny-mimo")
        let index = "model.safetensors.index.json"
        let text = try String(contentsOfFile: folder.file(index), encoding: .utf8)
        let line = "\"model.norm.weight\": \"model-00002-of-00002.safetensors\""
        try folder.write(
            text.replacingOccurrences(
                of: line,
                with: line.replacingOccurrences(of: "00002-", with: "00001-")
            ),
            to: index
        )
        let moved = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(
            moved
                == .invalidTensor(
                    path: folder.file(index),
                    tensor: "model.norm.weight",
                    reason: "should be in model-00001-of-00002.safetensors, but is not there"
                )
        )
        try folder.write(
            text.replacingOccurrences(of: line, with: "\"x\": \"model-00002-of-00002.safetensors\""),
            to: index
        )
        #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        try folder.write("{\"weight_map\": {}}", to: index)
        let empty = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(empty?.description.contains("\"weight_map\" is missing or empty") == true)
        try folder.write(text.replacingOccurrences(of: line, with: "\(line), \(line)"), to: index)
        let twice = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(twice?.description.contains("twice") == true)
        try folder.write(text, to: index)
        try FileManager.default.removeItem(atPath: folder.file("model-00002-of-00002.safetensors"))
        let missing = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(
            missing
                == .unreadable(
                    path: folder.file("model-00002-of-00002.safetensors"),
                    reason: "No such file or directory"
                )
        )
    }

    @Test func `a tensor in two shards is refused`() throws {
        let folder = try Self.copy(of: "tiny-mimo")
        try Self.rewriteHeader(of: "model-00002-of-00002.safetensors", in: folder) {
            $0.replacingOccurrences(
                of: "\"model.norm.weight\"",
                with: "\"model.layers.0.input_layernorm.weight\""
            )
        }
        let error = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(
            error
                == .invalidTensor(
                    path: folder.file("model-00002-of-00002.safetensors"),
                    tensor: "model.layers.0.input_layernorm.weight",
                    reason: "is in two shards"
                )
        )
    }

    @Test func `links out of the folder are refused, those of the Hugging Face cache followed`() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try folder.copyFiles(of: Golden.path("model/tiny-llama"), to: "models--a--b/blobs")
        let snapshot = folder.file("models--a--b/snapshots/0123")
        try files.createDirectory(atPath: snapshot, withIntermediateDirectories: true)
        for name in ["config.json", "model.safetensors"] {
            try files.createSymbolicLink(
                atPath: "\(snapshot)/\(name)",
                withDestinationPath: "../../blobs/\(name)"
            )
        }
        #expect(try Checkpoint(directory: snapshot).config.layerCount == 3)

        let other = folder.file("other")
        try files.createDirectory(atPath: other, withIntermediateDirectories: true)
        try files.copyItem(atPath: "\(snapshot)/../../blobs/config.json", toPath: "\(other)/config.json")
        try files.createSymbolicLink(
            atPath: "\(other)/model.safetensors",
            withDestinationPath: "../models--a--b/blobs/model.safetensors"
        )
        let error = #expect(throws: ModelError.self) { try Checkpoint(directory: other) }
        #expect(error?.description.contains("leads out of the model's folder") == true)
        // A link to the folder itself is the user's own way of naming it.
        try files.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: snapshot)
        #expect(try Checkpoint(directory: folder.file("link") + "/").directory == folder.file("link"))
    }

    @Test func `pickled weights are refused with what to do`() throws {
        let folder = try Self.copy(of: "tiny-llama")
        try FileManager.default.removeItem(atPath: folder.file("model.safetensors"))
        let none = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(none?.description.contains("is the download complete?") == true)
        try folder.write("", to: "pytorch_model.bin")
        let pickled = #expect(throws: ModelError.self) { try Checkpoint(directory: folder.path) }
        #expect(
            pickled
                == .unreadable(
                    path: folder.path,
                    reason: "the weights are pickled (pytorch_model.bin); convert them to safetensors"
                )
        )
    }
}

extension Array {
    /// The elements in groups; the last may be shorter.
    fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
