import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// Checkpoints that something happened to: a run goes on from one before, or says why it cannot.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct DamageTests {
    /// A finished run and what it left behind.
    static func finished() throws -> (run: StarterRun, remains: [String: String]) {
        let run = try StarterRun()
        let outcome = try BuiltCommand.run(run.arguments(), in: run.folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return (run, try run.remains())
    }

    private static let files = [
        "adapter_config.json", "adapter_model.safetensors", "args.json", "manifest.json",
        "optimizer.safetensors",
        "trainer_state.json",
    ]

    @Test(
        "A flipped bit, a cut or a missing file anywhere in the last checkpoint: the run goes on from the one before"
    )
    func lastCheckpoint() throws {
        let (run, remains) = try Self.finished()
        let last = run.folder.file("\(run.output)/checkpoint-10")
        for name in Self.files {
            let path = "\(last)/\(name)"
            let bytes = Array(try Data(contentsOf: URL(filePath: path)))
            #expect(!bytes.isEmpty)
            var flipped = bytes
            flipped[Int.random(in: 0..<bytes.count)] ^= 1 << UInt8.random(in: 0..<8)
            for damaged in [flipped, Array(bytes.prefix(bytes.count / 2)), [], nil] {
                if let damaged {
                    try Data(damaged).write(to: URL(filePath: path))
                } else {
                    try Folder.remove(path)
                }
                let outcome = try BuiltCommand.run(run.arguments(), in: run.folder)
                #expect(outcome.code == 0, "\(name): \(outcome.errors)")
                if name != "manifest.json" || damaged != flipped {
                    #expect(
                        outcome.errorLines.first?.hasPrefix("passed over: \(run.output)/checkpoint-10")
                            == true,
                        "\(name): \(outcome.errors)"
                    )
                }
                let now = try run.remains()
                for (file, content) in remains {
                    #expect(now[file] == content, "\(file) after damage to \(name)")
                }
            }
        }
    }

    @Test("A damaged checkpoint that is named, or the only one, is refused by the file that is damaged")
    func named() throws {
        let (run, _) = try Self.finished()
        for name in try Folder.names(in: run.folder.file(run.output))
        where name.hasPrefix("checkpoint-") && name != "checkpoint-10" {
            try Folder.remove(run.folder.file("\(run.output)/\(name)"))
        }
        let path = "\(run.output)/checkpoint-10/optimizer.safetensors"
        var bytes = try Data(contentsOf: URL(filePath: run.folder.file(path)))
        bytes[bytes.count / 2] ^= 4
        try bytes.write(to: URL(filePath: run.folder.file(path)))
        for choice in ["true", run.output, "\(run.output)/checkpoint-10"] {
            let outcome = try BuiltCommand.run(
                run.arguments(["--resume_from_checkpoint", choice]),
                in: run.folder
            )
            #expect(outcome.code == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errors.contains("\(path): is damaged: its XXH64 is"), "\(outcome.errors)")
        }
    }

    @Test("Weights that are not as they were written are not answered with", arguments: ["infer", "merge"])
    func weights(command: String) throws {
        let (run, _) = try Self.finished()
        let path = "\(run.output)/checkpoint-10/adapter_model.safetensors"
        var bytes = try Data(contentsOf: URL(filePath: run.folder.file(path)))
        bytes[bytes.count - 3] ^= 1
        try bytes.write(to: URL(filePath: run.folder.file(path)))
        let outcome = try BuiltCommand.run(
            [command, "--adapters", "\(run.output)/checkpoint-10"],
            in: run.folder
        )
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("mimo-sft: \(path): is damaged: its XXH64 is"), "\(outcome.errors)")
    }
}
