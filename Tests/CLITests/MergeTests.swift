import Foundation
import MimoFiles
import MimoModel
import MimoTestSupport
import Testing

@Suite(.enabled(if: GoldenRun.isThere, "needs the reference's tiny models"))
struct MergeTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    /// The adapters whose merged weights the reference wrote.
    static let cases = Golden.tinyModels.flatMap { model in
        ["all_linear", "pattern", "qv", "rslora"].map { "model/\(model)/adapter/\($0)" }
    }.filter { Golden.has("\($0)/expected/merged.safetensors") }

    @Test(arguments: cases)
    func mergingGivesTheReferencesWeights(name: String) throws {
        let adapter = Folder.parent(of: Golden.path("\(name)/adapter_config.json"))
        let model = Folder.parent(of: Folder.parent(of: adapter))
        let outcome = try BuiltCommand.run(
            ["merge", "--adapters", adapter, "--model", model, "--output_dir", "merged"],
            in: folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "merged\n")
        let expected = try SafetensorsFile(path: Golden.path("\(name)/expected/merged.safetensors"))
        let merged = try Checkpoint(directory: folder.file("merged"))
        var elements = 0
        var different = 0
        for tensor in expected.tensors {
            let values = try expected.bytes(tensor.name)
            let file = try #require(merged.files.first { $0[tensor.name] != nil }, "\(tensor.name)")
            let found = try file.bytes(tensor.name)
            try #require(found.count == values.count)
            for index in stride(from: 0, to: values.count, by: 2)
            where found[index..<index + 2] != values[index..<index + 2] {
                let a = Int(values[index]) | Int(values[index + 1]) << 8
                let b = Int(found[index]) | Int(found[index + 1]) << 8
                #expect(abs(a - b) <= 1, "\(tensor.name)")
                different += 1
            }
            elements += values.count / 2
        }
        #expect(Double(different) < 0.001 * Double(elements))
    }

    @Test func aTrainedAdapterKnowsItsBaseAndExportIsTheSame() throws {
        let golden = try GoldenRun("tiny-mimo")
        let training = try BuiltCommand.run(golden.arguments(in: folder), in: folder)
        let checkpoint = training.output.split(separator: "\n").joined()
        let merge = try BuiltCommand.run(["merge", "--adapters", "\(checkpoint)/"], in: folder)
        #expect(merge.code == 0, "\(merge.errors)")
        #expect(merge.output == "\(checkpoint)-merged\n")
        let export = try BuiltCommand.run(
            ["export", "--adapters", checkpoint, "--merge_lora", "true", "--output_dir", "exported"],
            in: folder
        )
        #expect(export.code == 0, "\(export.errors)")
        for name in try Folder.names(in: folder.file("exported")) {
            #expect(
                try bytes(folder.file("exported/\(name)"))
                    == bytes(folder.file("\(checkpoint)-merged/\(name)")),
                "\(name)"
            )
        }
        // What was merged is a model that can be trained on.
        let again = try BuiltCommand.run(
            golden.arguments(in: folder) + [
                "--model", "exported", "--max_steps", "1", "--output_dir", "again",
            ],
            in: folder
        )
        #expect(again.code == 0, "\(again.errors)")
    }

    @Test func nothingIsOverwrittenUnasked() throws {
        try folder.write("precious", to: "merged/notes.txt")
        let arguments = [
            "merge", "--adapters", Golden.path("model/tiny-mimo/adapter/qv"), "--model",
            Golden.path("model/tiny-mimo"), "--output_dir", "merged",
        ]
        let refused = try BuiltCommand.run(arguments, in: folder)
        #expect(refused.code == 1)
        #expect(refused.output == "")
        #expect(try Folder.names(in: folder.file("merged")) == ["notes.txt"])
        let allowed = try BuiltCommand.run(arguments + ["--exist_ok"], in: folder)
        #expect(allowed.code == 0, "\(allowed.errors)")
        #expect(!Folder.exists(folder.file("merged/notes.txt")))
    }
}
