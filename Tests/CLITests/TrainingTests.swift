import Foundation
import MimoFiles
import MimoTestSupport
import Testing

@Suite(
    .enabled(if: GoldenRun.isThere, "needs the reference's tiny models"),
    .serialized,
    .timeLimit(.minutes(5))
)
struct TrainingTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The run's folder, of which there must be one.
    private func run() throws -> String {
        let runs = try Folder.names(in: folder.file("output"))
        #expect(runs.count == 1)
        return "output/\(try #require(runs.first))"
    }

    @Test(arguments: Golden.tinyModels)
    func theReferencesRunCanBeRepeatedWithTheCommandAlone(model: String) throws {
        let golden = try GoldenRun(model)
        let outcome = try BuiltCommand.run(golden.arguments(in: folder), in: folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let run = try run()
        #expect(outcome.output == "\(run)/checkpoint-6\n")
        let log = try folder.lines(of: "\(run)/logging.jsonl")
        #expect(log.count == golden.expected.count)
        for (line, expected) in zip(log, golden.expected) {
            let loss = try #require(line["loss"]?.doubleValue)
            let norm = try #require(line["grad_norm"]?.doubleValue)
            #expect(abs(loss - expected.loss) <= 1e-5)
            #expect(abs(norm / expected.norm - 1) <= 1e-5)
        }
    }

    @Test func anyNumberOfThreadsWritesTheSameAdapter() throws {
        let golden = try GoldenRun("tiny-qwen2")
        var adapters: [Data] = []
        for (index, words) in [["--threads", "1"], ["--threads", "3"]].enumerated() {
            let outcome = try BuiltCommand.run(
                golden.arguments(in: folder) + words + ["--output_dir", "\(index)"],
                in: folder
            )
            let checkpoint = outcome.output.split(separator: "\n").joined()
            let path = folder.file("\(checkpoint)/adapter_model.safetensors")
            adapters.append(try Data(contentsOf: URL(filePath: path)))
        }
        #expect(adapters[0] == adapters[1])
    }

    @Test func theRunsArgumentsSayWhatWasTrainedAndNoSecret() throws {
        let golden = try GoldenRun("tiny-mimo")
        let outcome = try BuiltCommand.run(golden.arguments(in: folder) + ["--max_steps", "1"], in: folder)
        let checkpoint = outcome.output.split(separator: "\n").joined()
        let path = folder.file("\(checkpoint)/args.json")
        let arguments = try #require(
            try JSON(parsing: Array(Data(contentsOf: URL(filePath: path)))).objectValue
        )
        let real = URL(filePath: golden.model).resolvingSymlinksInPath().path(percentEncoded: false)
        #expect(arguments["model"] == .string(real))
        #expect(arguments["template"] == "qwen")
        #expect(arguments["lora_rank"] == 4)
        #expect(arguments["learning_rate"] == 0.002)
        #expect(arguments["output_dir"] == .string(try run()))
        #expect(!arguments.keys.contains { $0.hasSuffix("token") })
    }

    @Test func aRunGoesOnFromItsNewestWholeCheckpointToTheSameEnd() throws {
        let golden = try GoldenRun("tiny-llama")
        let arguments = try golden.arguments(in: folder) + ["--save_steps", "2", "--lora_dropout", "0.1"]
        let whole = try BuiltCommand.run(arguments, in: folder)
        #expect(whole.code == 0, "\(whole.errors)")
        let run = try run()
        let files = [
            "adapter_model.safetensors", "optimizer.safetensors", "adapter_config.json", "args.json",
        ]
        let ends = try files.map {
            try Data(contentsOf: URL(filePath: folder.file("\(run)/checkpoint-6/\($0)")))
        }

        // The last checkpoint goes, the one before it is cut off: the run must go on from the first.
        try Folder.remove(folder.file("\(run)/checkpoint-6"))
        let damaged = folder.file("\(run)/checkpoint-4/optimizer.safetensors")
        let bytes = try Data(contentsOf: URL(filePath: damaged))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: damaged))

        let resumed = try BuiltCommand.run(arguments + ["--resume_from_checkpoint", "true"], in: folder)
        #expect(resumed.code == 0, "\(resumed.errors)")
        #expect(resumed.output == whole.output)
        #expect(resumed.errorLines.contains { $0.contains("passed over: \(run)/checkpoint-4/optimizer") })
        #expect(resumed.errorLines.contains("going on from \(run)/checkpoint-2"))
        for (file, end) in zip(files, ends) {
            let now = try Data(contentsOf: URL(filePath: folder.file("\(run)/checkpoint-6/\(file)")))
            #expect(now == end, "\(file)")
        }
        let steps = try folder.lines(of: "\(run)/logging.jsonl").map {
            $0["global_step/max_steps"]?.stringValue
        }
        #expect(steps == (1...6).map { "\($0)/6" })
    }

    @Test func aRunWithOtherOptionsDoesNotGoOn() throws {
        let arguments = try GoldenRun("tiny-llama").arguments(in: folder)
        let outcome = try BuiltCommand.run(arguments, in: folder)
        let checkpoint = outcome.output.split(separator: "\n").joined()
        let again = arguments + ["--resume_from_checkpoint", checkpoint]
        let other = try BuiltCommand.run(again + ["--learning_rate", "0.1"], in: folder)
        #expect(other.code == 1)
        #expect(other.errors.contains("learning_rate (0.002 there, 0.1 here)"))
        try folder.write(#"{"input_ids": [1, 2], "labels": [-100, 2]}"# + "\n", to: "rows.jsonl")
        let data = try BuiltCommand.run(again, in: folder)
        #expect(data.code == 1)
        #expect(data.errors.contains("differs in rows"))
    }

    @Test func theAdapterAloneBeginsARunOfItsOwn() throws {
        let golden = try GoldenRun("tiny-llama")
        let first = try BuiltCommand.run(golden.arguments(in: folder), in: folder)
        let checkpoint = first.output.split(separator: "\n").joined()
        let second = try BuiltCommand.run(
            golden.arguments(in: folder) + [
                "--resume_from_checkpoint", checkpoint, "--resume_only_model", "--output_dir", "second",
            ],
            in: folder
        )
        #expect(second.code == 0, "\(second.errors)")
        #expect(second.output.hasPrefix("second/v0-"))
        let name = try #require(try Folder.names(in: folder.file("second")).first)
        let log = try folder.lines(of: "second/\(name)/logging.jsonl")
        #expect(log.count == 6)
        #expect(log[0]["loss"]?.doubleValue != golden.expected[0].loss)
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func aSignalSavesACheckpointFromWhichTheRunGoesOn(signal: Int32, code: Int32) throws {
        let golden = try GoldenRun("tiny-qwen3")
        let arguments = try golden.arguments(in: folder) + ["--max_steps", "5000"]
        let running = try BuiltCommand.Running(arguments, in: folder)
        try running.signal(signal, after: "step 2/")
        let outcome = try running.wait()
        #expect(outcome.code == code)
        let checkpoint = outcome.output.split(separator: "\n").joined()
        #expect(Folder.exists(folder.file("\(checkpoint)/trainer_state.json")))
        #expect(
            outcome.errorLines.last
                == "  mimo-sft sft \(checkpoint)/args.json --resume_from_checkpoint \(checkpoint)"
        )
        let step = try #require(Int(checkpoint.split(separator: "-").last ?? ""))
        #expect(outcome.errorLines.contains("stopped after step \(step) of 5000; go on with"))

        // What it says goes on indeed: interrupted again, it is further.
        let again = try BuiltCommand.Running(
            ["sft", "\(checkpoint)/args.json", "--resume_from_checkpoint", checkpoint],
            in: folder
        )
        try again.signal(signal, after: "step \(step + 1)/")
        let second = try again.wait()
        #expect(second.code == code, "\(second.errors)")
        let later = try #require(
            Int(second.output.split(separator: "\n").joined().split(separator: "-").last ?? "")
        )
        #expect(later > step)
        let steps = try folder.lines(of: "\(try run())/logging.jsonl").map {
            $0["global_step/max_steps"]?.stringValue
        }
        #expect(steps == (1...later).map { "\($0)/5000" })
    }
}
