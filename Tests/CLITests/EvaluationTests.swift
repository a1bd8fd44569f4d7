import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// What a run finds out about itself, and what it does then.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct EvaluationTests {
    private func run(_ run: StarterRun, _ more: [String], sample: String = "#24") throws -> [JSON] {
        let outcome = try BuiltCommand.run(run.arguments(more, sample: sample), in: run.folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try run.folder.lines(of: "\(run.output)/logging.jsonl")
    }

    @Test(arguments: [[], ["--label_smoothing_factor", "0.1"]])
    func theValidationLossIsThatOfTrainingOnTheSameRows(options: [String]) throws {
        let run = try StarterRun()
        // All rows in one step that changes nothing, without dropout: its loss is that of the set.
        let log = try self.run(
            run,
            [
                "--split_dataset_ratio", "0", "--val_dataset", "\(StarterRun.rows):empty_think",
                "--learning_rate", "0", "--lora_dropout", "0", "--gradient_accumulation_steps", "100",
                "--max_steps", "1", "--eval_steps", "1",
            ] + options,
            sample: ""
        )
        let train = try #require(log.first { $0["loss"] != nil })
        let loss = try #require(train["loss"]?.doubleValue)
        let found = try #require(log.first { $0["eval_loss"] != nil })
        #expect(abs(try #require(found["eval_loss"]?.doubleValue) / loss - 1) < 1e-6)
        #expect(found["eval_token_acc"] == train["token_acc"])
    }

    @Test func evaluationsComeWhenTheyAreDueAndAtTheEndAndTellOfThinkingBeforeTheFirstStep() throws {
        let run = try StarterRun()
        let log = try self.run(run, ["--eval_steps", "4"])
        let steps = log.filter { $0["eval_runtime"] != nil }.compactMap {
            $0["global_step/max_steps"]?.stringValue
        }
        #expect(steps == ["0/10", "4/10", "8/10", "10/10"])
        #expect(log[0]["eval_retention_accuracy"]?.doubleValue == 1)
        #expect(log[0]["eval_loss"] == nil)
        let answers = try run.folder.lines(of: "\(run.output)/retention.jsonl")
        #expect(answers.count == 8)
        #expect(answers[0]["response"]?.stringValue?.hasPrefix("<think>") == true)
        for name in ["report.html", "images/loss.svg", "images/retention.svg"] {
            #expect(Folder.exists(run.folder.file("\(run.output)/\(name)")), "\(name)")
        }
    }

    @Test func theBestCheckpointStaysAndIsTheRunsResult() throws {
        let run = try StarterRun()
        // Told that a greater loss is better, the run has its best evaluation first.
        let outcome = try BuiltCommand.run(
            run.arguments([
                "--greater_is_better", "true", "--save_total_limit", "1", "--save_steps", "3",
                "--eval_steps", "1",
            ]),
            in: run.folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        let log = try run.folder.lines(of: "\(run.output)/logging.jsonl")
        let losses = log.compactMap { line in
            line["eval_loss"]?.doubleValue.map { ($0, line["global_step/max_steps"]?.stringValue ?? "") }
        }
        let best = try #require(losses.max { $0.0 < $1.0 }?.1.split(separator: "/").first)
        #expect(best != "10")
        #expect(outcome.output == "\(run.output)/checkpoint-\(best)\n")
        let checkpoints = try Folder.names(in: run.folder.file(run.output)).filter {
            $0.hasPrefix("checkpoint-")
        }
        #expect(Set(checkpoints) == ["checkpoint-\(best)", "checkpoint-10"])
        let state = try JSON(
            parsing: Array(
                Data(
                    contentsOf: URL(
                        filePath: run.folder.file("\(run.output)/checkpoint-10/trainer_state.json")
                    )
                )
            )
        )
        #expect(state["best_model_checkpoint"] == .string("\(run.output)/checkpoint-\(best)"))
        #expect(state["best_metric"]?.doubleValue == losses.map(\.0).max())
    }

    @Test func aRunEndsEarlyWhereItGetsNoBetterAndDoesNotGoOnAfterwards() throws {
        let run = try StarterRun()
        let arguments = run.arguments([
            "--learning_rate", "0", "--eval_steps", "1", "--early_stop_interval", "3", "--save_steps", "5",
        ])
        let outcome = try BuiltCommand.run(arguments, in: run.folder)
        #expect(outcome.code == 0, "\(outcome.errors)")
        // The first evaluation is the best; three more are no better.
        #expect(outcome.errorLines.contains("ended early: 3 evaluations without a better one"))
        let before = try run.remains()
        #expect(before.keys.contains("checkpoint-4/manifest.json"))
        let again = try BuiltCommand.run(arguments, in: run.folder)
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output == outcome.output)
        #expect(try run.remains() == before)
    }

    @Test func aRunThatLosesItsThinkingRaisesAnAlarm() throws {
        let run = try StarterRun()
        let log = try self.run(
            run,
            [
                "--loss_scale", "default", "--num_train_epochs", "8", "--learning_rate", "1e-2",
                "--eval_steps", "20",
            ]
        )
        let alarms = log.flatMap { $0["alarms"]?.arrayValue ?? [] }.compactMap(\.stringValue)
        #expect(alarms.contains { $0.hasPrefix("empty think blocks rose from 0 %") })
    }

    @Test(arguments: [
        (
            ["--metric_for_best_model", "bleu"],
            "--metric_for_best_model bleu: expected one of loss, token_acc, retention"
        ),
        (["--early_stop_interval", "0"], "--early_stop_interval 0: expected a whole number from 1 on"),
        (["--retention_prompts", "gone.jsonl"], "gone.jsonl: cannot open: No such file or directory"),
        (["--retention_prompts", "bad.jsonl"], "retention_prompts: bad.jsonl:2: "),
        (["--retention_tolerance", "2"], "--retention_tolerance 2.0: expected a share from 0 to 1"),
    ])
    func whatCannotBeEvaluatedIsRefused(options: [String], message: String) throws {
        let run = try StarterRun()
        try run.folder.write("{\"query\": \"a\"}\n{\"query\": \n", to: "bad.jsonl")
        let outcome = try BuiltCommand.run(run.arguments(options), in: run.folder)
        #expect(outcome.code == 1)
        #expect(outcome.errorLines.last?.contains(message) == true, "\(outcome.errors)")
    }

    @Test("A signal stops an evaluation where it is, and going on takes it up again", arguments: [0, 2, 3])
    func stopped(step: Int) throws {
        // So many rows and prompts that the signal meets one of the looks at the model.
        let arguments = [
            "--max_steps", "3", "--split_dataset_ratio", "0", "--val_dataset",
            "\(StarterRun.rows):empty_think#1500",
        ]
        func run() throws -> StarterRun {
            let run = try StarterRun()
            let prompt = #"{"query": "What is 7 + 8?", "answer": "15"}"# + "\n"
            try run.folder.write(String(repeating: prompt, count: 300), to: "prompts.jsonl")
            return run
        }
        let whole = try run()
        let outcome = try BuiltCommand.run(whole.arguments(arguments), in: whole.folder)
        #expect(outcome.code == 0, "\(outcome.errors)")

        let run = try run()
        let running = try BuiltCommand.Running(run.arguments(arguments), in: run.folder)
        let before = [
            0: "run: ", 2: "saved \(run.output)/checkpoint-1", 3: "saved \(run.output)/checkpoint-2",
        ]
        try running.wait(for: try #require(before[step]))
        usleep(250_000)
        try running.signal(SIGINT, after: "")
        let stopped = try running.wait()
        #expect(stopped.code == 130, "\(stopped.errors)")
        let log = try run.folder.lines(of: "\(run.output)/logging.jsonl")
        #expect(
            !log.contains { $0["eval_runtime"] != nil && $0["global_step/max_steps"] == .string("\(step)/3") }
        )
        if step > 0 {
            #expect(stopped.output == "\(run.output)/checkpoint-\(step)\n")
            #expect(
                stopped.errorLines.contains("stopped after step \(step) of 3; go on with"),
                "\(stopped.errors)"
            )
        } else {
            #expect(stopped.output.isEmpty)
            #expect(
                stopped.errorLines.last == "stopped before the first step; there is nothing to go on from"
            )
        }

        let again = try BuiltCommand.run(run.arguments(arguments), in: run.folder)
        #expect(again.code == 0, "\(again.errors)")
        let (remains, expected) = (try run.remains(), try whole.remains())
        #expect(remains.keys.sorted() == expected.keys.sorted())
        for (name, content) in expected { #expect(remains[name] == content, "\(name)") }
    }
}
