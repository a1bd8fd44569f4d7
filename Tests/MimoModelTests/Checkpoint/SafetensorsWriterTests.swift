import Foundation
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct SafetensorsWriterTests {
    @Test(arguments: [
        "model/tiny-mimo/adapter/pattern/adapter_model.safetensors", "model/tiny-qwen3/model.safetensors",
        "model/tiny-mimo/forward.safetensors",
    ])
    func `a reference file written again is the same bytes`(name: String) throws {
        let original = try SafetensorsFile(path: Golden.path(name))
        let folder = try TemporaryFolder()
        let items = SafetensorsWriter.referenceOrder(
            original.tensors.reversed().map { .init(name: $0.name, type: $0.type, shape: $0.shape) }
        )
        let writer = try SafetensorsWriter(
            path: folder.file("copy"),
            items: items,
            metadata: original.metadata.map { ($0.key, $0.value) }
        )
        for item in items { try writer.append(original.bytes(item.name)) }
        try writer.finish()
        let copy = try Data(contentsOf: URL(filePath: folder.file("copy")))
        #expect(copy == (try Data(contentsOf: URL(filePath: original.path))))
    }

    @Test func `floats, names that need escapes and empty tensors come back`() throws {
        let folder = try TemporaryFolder()
        let writer = try SafetensorsWriter(
            path: folder.file("x"),
            items: [
                .init(name: "a \"b\"\\\n中", type: .f32, shape: [2, 2]),
                .init(name: "none", type: .u8, shape: [0, 3]),
            ],
            metadata: []
        )
        try writer.append(Tensor([1, -2, 3.5, .infinity], rows: 2, columns: 2))
        try writer.finish()
        let file = try SafetensorsFile(path: folder.file("x"))
        #expect(try file.tensor("a \"b\"\\\n中").elements == [1, -2, 3.5, .infinity])
        #expect(file["none"]?.shape == [0, 3])
        #expect(file.metadata.isEmpty)
        #expect(file.tensors.first.map { $0.byteRange.lowerBound % 8 } == 0)
    }

    @Test func `an unfinished file leaves nothing, and the old one stands`() throws {
        let folder = try TemporaryFolder()
        try folder.write("old", to: "x")
        do {
            let writer = try SafetensorsWriter(
                path: folder.file("x"),
                items: [.init(name: "a", type: .u8, shape: [4])]
            )
            try writer.append([1, 2])
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["x"])
        #expect(try String(contentsOfFile: folder.file("x"), encoding: .utf8) == "old")
    }
}
