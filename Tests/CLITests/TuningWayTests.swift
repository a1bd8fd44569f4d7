import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// Whatever a run trains, it is evaluated, kept and gone on with alike.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TuningWayTests {
    /// A way to tune, and the file of a checkpoint that holds its weights.
    struct Way: CustomTestStringConvertible {
        let arguments: [String]
        let weights: String

        var testDescription: String { arguments.joined(separator: " ") }

        static let full = Way(arguments: ["--tuner_type", "full"], weights: "model.safetensors")
        static let adapters = [
            ["--use_dora", "true"], ["--init_lora_weights", "pissa_niter_4"],
            ["--modules_to_save", "embed_tokens", "norm"],
        ].map { Way(arguments: $0, weights: "adapter_model.safetensors") }
    }

    private func damage(_ path: String) throws {
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 3] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    @Test(
        "A damaged checkpoint is passed over, and the run comes to the same end",
        arguments: [.full] + Way.adapters
    )
    func resume(way: Way) throws {
        let run = try StarterRun()
        let whole = try BuiltCommand.run(run.arguments(way.arguments), in: run.folder)
        #expect(whole.code == 0, "\(whole.errors)")
        let remains = try run.remains()
        let log = try run.folder.lines(of: "\(run.output)/logging.jsonl")
        #expect(log.contains { $0["eval_loss"] != nil })
        #expect(log.contains { $0["eval_retention_accuracy"] != nil })
        let last = "\(run.output)/checkpoint-10"
        let manifest = try #require(remains["checkpoint-10/manifest.json"])
        for name in [way.weights, "optimizer.safetensors"] {
            #expect(manifest.contains("\"\(name)\""), "\(manifest)")
        }

        try damage(run.folder.file("\(last)/\(way.weights)"))
        let again = try BuiltCommand.run(run.arguments(way.arguments), in: run.folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(
            again.errorLines.first?.hasPrefix("passed over: \(last)/\(way.weights): is damaged") == true,
            "\(again.errors)"
        )
        #expect(again.output == whole.output)
        let now = try run.remains()
        for (file, content) in remains { #expect(now[file] == content, "\(file)") }
    }

    @Test("What a run says that a checkpoint takes is what it takes", arguments: [.full] + Way.adapters)
    func disk(way: Way) throws {
        let run = try StarterRun()
        let outcome = try BuiltCommand.run(run.arguments(way.arguments), in: run.folder)
        let line = try #require(outcome.errorLines.first { $0.hasPrefix("disk: ") })
        let words = line.split(separator: " ")
        let unit = try #require(["KiB": 1024.0, "MiB": 1_048_576, "GiB": 1_073_741_824][String(words[4])])
        let said = try #require(Double(words[3])) * unit
        let folder = run.folder.file("\(run.output)/checkpoint-10")
        let taken = try Folder.names(in: folder).reduce(0) {
            $0 + (try Data(contentsOf: URL(filePath: "\(folder)/\($1)"))).count
        }
        // One decimal is said, and 64 KiB stand for the small files.
        #expect(abs(said - Double(taken)) < 0.06 * unit + 80 * 1024, "\(line), and it is \(taken)")
    }

    @Test("A merge says what base and adapter say, to the roundings that it tells", arguments: Way.adapters)
    func merge(way: Way) throws {
        let run = try StarterRun()
        let training = try BuiltCommand.run(
            run.arguments(way.arguments + ["--max_steps", "2"]),
            in: run.folder
        )
        #expect(training.code == 0, "\(training.errors)")
        let merge = try BuiltCommand.run(
            ["merge", "--adapters", run.output, "--output_dir", "merged"],
            in: run.folder
        )
        #expect(merge.code == 0, "\(merge.errors)")
        let bytes = Array(try Data(contentsOf: URL(filePath: run.folder.file("merged/merge_report.json"))))
        let report = try JSON(parsing: bytes)
        #expect(try #require(report["log_probabilities"]?["mean_difference"]?.doubleValue) < 0.05)
        let rounding = try #require(report["rounding"]?.objectValue)
        #expect((rounding["model.norm.weight"] != nil) == way.arguments.contains("norm"))
        #expect((rounding["model.embed_tokens.weight"] != nil) == way.arguments.contains("norm"))
        #expect(!Folder.exists(run.folder.file("merged/manifest.json")))
    }

    @Test("The folder of a run that trained a whole model means its best checkpoint")
    func runFolder() throws {
        let run = try StarterRun()
        // Told that a greater loss is better, the run has its best evaluation first.
        let training = try BuiltCommand.run(
            run.arguments(Way.full.arguments + ["--max_steps", "4", "--greater_is_better", "true"]),
            in: run.folder
        )
        #expect(training.code == 0, "\(training.errors)")
        #expect(training.output == "\(run.output)/checkpoint-2\n")
        try run.folder.write("What is 7 + 8?\nWho are you?\n", to: "questions.txt")
        func answers(of model: String) throws -> String {
            let outcome = try BuiltCommand.run(
                ["infer", "--model", model, "--temperature", "0", "--max_new_tokens", "32"],
                in: run.folder,
                after: "exec < questions.txt"
            )
            #expect(outcome.code == 0, "\(outcome.errors)")
            return outcome.output
        }
        let best = try answers(of: "\(run.output)/checkpoint-2")
        #expect(!best.isEmpty)
        #expect(try answers(of: run.output) == best)
    }

    @Test("A model that was trained whole is not answered with where it is not as it was written")
    func damagedModel() throws {
        let run = try StarterRun()
        let training = try BuiltCommand.run(
            run.arguments(Way.full.arguments + ["--max_steps", "1"]),
            in: run.folder
        )
        #expect(training.code == 0, "\(training.errors)")
        let path = "\(run.output)/checkpoint-1/model.safetensors"
        try damage(run.folder.file(path))
        let outcome = try BuiltCommand.run(
            ["infer", "--model", "\(run.output)/checkpoint-1"],
            in: run.folder
        )
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("mimo-sft: \(path): is damaged: its XXH64 is"), "\(outcome.errors)")
    }
}
