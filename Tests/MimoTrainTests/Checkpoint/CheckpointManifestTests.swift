import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct CheckpointManifestTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("abc", to: "a.bin")
        try folder.write("", to: "b.json")
        try CheckpointManifest(of: folder.path).write(to: folder.path)
    }

    @Test("Files as they were written agree with it, and it says what xxh64sum says")
    func agrees() throws {
        let manifest = try CheckpointManifest(readFrom: folder.path)
        try manifest.check(folder.path)
        #expect(manifest.files.map(\.name) == ["a.bin", "b.json"])
        #expect(manifest.files.map(\.xxh64) == ["44bc2cf5ad770999", "ef46db3751d8e999"])
    }

    @Test(
        "A changed, cut or missing file is named",
        arguments: [
            ("abd", "is damaged: its XXH64 is"), ("ab", "has 2 bytes; manifest.json says 3"),
            (nil, "is missing"),
        ] as [(String?, String)]
    )
    func damage(content: String?, reason: String) throws {
        if let content {
            try folder.write(content, to: "a.bin")
        } else {
            try Folder.remove(folder.file("a.bin"))
        }
        #expect {
            try CheckpointManifest(readFrom: folder.path).check(folder.path)
        } throws: {
            "\($0)".hasPrefix("\(folder.file("a.bin")): \(reason)")
        }
    }

    @Test(
        "A manifest that is missing, cut or says nothing is refused",
        arguments: [nil, "", "{", "{}", #"{"files": {}}"#]
    )
    func noManifest(text: String?) throws {
        if let text {
            try folder.write(text, to: "manifest.json")
        } else {
            try Folder.remove(folder.file("manifest.json"))
        }
        #expect(throws: TrainError.self) { try CheckpointManifest(readFrom: folder.path) }
    }
}
