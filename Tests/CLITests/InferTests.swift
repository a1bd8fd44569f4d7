import MimoFiles
import MimoInfer
import MimoModel
import MimoTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// `mimo-sft infer` on rows of token ids with a tiny model.
@Suite(.enabled(if: GoldenRun.isThere, "needs the reference's tiny models"))
struct InferTests {
    let folder: TemporaryFolder
    static let model = Folder.parent(of: Golden.path("model/tiny-mimo/config.json"))

    init() throws { folder = try TemporaryFolder() }

    private func infer(_ arguments: String...) throws -> BuiltCommand.Outcome {
        try BuiltCommand.run(["infer"] + arguments, in: folder)
    }

    private func ids(_ json: JSON?) -> [Int32] {
        (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
    }

    private func answer(_ prompt: [Int32], _ count: Int) throws -> [Int32] {
        let generator = Generator(
            try Decoder(Checkpoint(directory: Self.model)),
            tokenizer: nil,
            stopRules: StopRules()
        )
        let options = GenerationOptions(sampling: .greedy, maxNewTokens: count)
        return try generator.generate(GenerationRequest(prompt: prompt, options: options)).ids
    }

    @Test func rowsAreAnsweredInTheirOrderAndBadOnesSaidWithTheirPlace() throws {
        try folder.write(
            """
            {"input_ids": [5, 9, 2], "name": "first"}
            {"input_ids": [1, 320]}
            not a row
            {"input_ids": [7, 8, 11, 12], "labels": [-100, -100, 11, 12]}

            """,
            to: "rows.jsonl"
        )
        for size in ["1", "3"] {
            let outcome = try infer(
                "--model",
                Self.model,
                "--val_dataset",
                "rows.jsonl",
                "--result_path",
                "out-\(size).jsonl",
                "--max_new_tokens",
                "6",
                "--max_batch_size",
                size,
                "--logprobs"
            )
            #expect(outcome.code == 0, "\(outcome.errors)")
            #expect(outcome.output == "out-\(size).jsonl\n")
            #expect(
                outcome.errors.contains(
                    "rows.jsonl:2: the prompt has the id 320; the model's ids are 0 to 319"
                )
            )
            #expect(outcome.errors.contains("rows.jsonl:3: not valid JSON"))
            let results = try folder.lines(of: "out-\(size).jsonl")
            #expect(results.count == 4)
            #expect(ids(results[0]["response_ids"]) == (try answer([5, 9, 2], 6)))
            #expect(results[0]["name"] == "first")
            #expect(results[0]["finish_reason"] == "length")
            #expect(results[0]["logprobs"]?["content"]?.arrayValue?.count == 6)
            #expect(results[1]["finish_reason"] == "error")
            #expect(results[2]["error"]?.stringValue?.hasPrefix("rows.jsonl:3: ") == true)
            #expect(results[3]["labels"] == [11, 12])
            #expect(ids(results[3]["response_ids"]) == (try answer([7, 8], 6)))
        }
    }

    @Test func resultsAreAppendedAndStandBesideTheAdapterWhereNoPathIsGiven() throws {
        try folder.copyFiles(of: Golden.path("model/tiny-mimo/adapter/all_linear"), to: "adapter")
        try folder.write(
            JSON.object(JSONObject([("model", .string(Self.model))])).text(),
            to: "adapter/args.json"
        )
        try folder.write(#"{"input_ids": [5, 9, 2]}"# + "\n", to: "rows.jsonl")
        func answers(of adapter: String = "adapter", _ more: String...) throws -> BuiltCommand.Outcome {
            let asked = ["--adapters", adapter, "--val_dataset", "rows.jsonl", "--max_new_tokens", "8"]
            return try BuiltCommand.run(["infer"] + asked + more, in: folder)
        }
        let outcome = try answers(of: "adapter/")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let path = outcome.output.split(separator: "\n").joined()
        #expect(path.hasPrefix("adapter/infer_result/") && path.hasSuffix(".jsonl"))
        let adapted = ids(try folder.lines(of: path)[0]["response_ids"])
        #expect(adapted.count == 8)
        // The adapter is a strong one.
        #expect(try adapted != answer([5, 9, 2], 8))
        // The layer that drafts is the base's, and the answer the adapter's.
        let drafted = try answers("--result_path", "drafted.jsonl", "--mtp_drafts")
        #expect(drafted.errors.contains("drafts accepted"), "\(drafted.errors)")
        let row = try #require(folder.lines(of: "drafted.jsonl").first)
        #expect(ids(row["response_ids"]) == adapted)
        #expect(try #require(row["drafts"]?["proposed"]?.intValue) > 0)
        let again = try answers("--result_path", path)
        #expect(again.code == 0, "\(again.errors)")
        #expect(try folder.lines(of: path).map { ids($0["response_ids"]) } == [adapted, adapted])
    }

    @Test func theRowsOfTheTrainingAreFoundThroughItsArguments() throws {
        try folder.copyFiles(of: Golden.path("model/tiny-mimo/adapter/qv"), to: "adapter")
        try folder.write(
            (1...20).map { #"{"input_ids": [5, \#($0)]}"# }.joined(separator: "\n"),
            to: "rows.jsonl"
        )
        func results(_ arguments: JSON) throws -> [[Int32]] {
            try Folder.remove(folder.file("out.jsonl"))
            var fields = try #require(arguments.objectValue)
            fields["model"] = .string(Self.model)
            try folder.write(JSON.object(fields).text(), to: "adapter/args.json")
            let outcome = try infer(
                "--adapters",
                "adapter",
                "--load_data_args",
                "--result_path",
                "out.jsonl",
                "--max_new_tokens",
                "1"
            )
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try folder.lines(of: "out.jsonl").map { ids($0["input_ids"]) }
        }
        let all = (1...20).map { [Int32(5), Int32($0)] }
        #expect(try results(["dataset": ["rows.jsonl"]]) == all)
        #expect(try results(["dataset": ["none.jsonl"], "val_dataset": ["rows.jsonl"]]) == all)
        let held = try results(["dataset": ["rows.jsonl"], "split_dataset_ratio": 0.2, "data_seed": 7])
        #expect(held.count == 4)
        #expect(Set(held).isSubset(of: all))
        let other = try results(["dataset": ["rows.jsonl"], "split_dataset_ratio": 0.2, "data_seed": 8])
        #expect(Set(held) != Set(other))
    }

    @Test(arguments: [
        (
            ["--model", model, "--temperature", "-1"], 1,
            "--temperature is -1.0; expected a number of at least 0"
        ),
        (["--model", model, "--top_p", "0"], 1, "--top_p is 0.0; expected a number above 0 and at most 1"),
        (["--model", model], 1, "has no tokenizer.json"),
        (["--model", model, "--stop_words", "x"], 1, "has no tokenizer.json"),
        (["--model", model, "--val_dataset", "none.jsonl"], 1, "there is no such file or folder"),
        (["--model", model, "--load_data_args"], 64, "there is no args.json"),
        (
            ["--model", model, "--val_dataset", "rows.jsonl", "--max_batch_size", "0"], 64,
            "--max_batch_size is 0"
        ),
        (
            ["--model", model, "--val_dataset", "rows.jsonl", "--result_path", "/dev/full"], 1,
            "No space left"
        ),
        (["--model", model, "--val_dataset", "bad.jsonl", "--strict"], 1, "bad.jsonl:1: "),
    ])
    func whatIsWrongIsSaidInOneLine(arguments: [String], code: Int, words: String) throws {
        try folder.write(#"{"input_ids": [5, 9, 2]}"# + "\n", to: "rows.jsonl")
        try folder.write("{}\n", to: "bad.jsonl")
        let outcome = try BuiltCommand.run(["infer"] + arguments, in: folder)
        #expect(Int(outcome.code) == code)
        #expect(outcome.errorLines.last?.hasPrefix("mimo-sft: ") == true)
        #expect(outcome.errorLines.last?.contains(words) == true, "\(outcome.errors)")
    }
}

/// Chats and answers of a real model; skipped where its weights are not there (see ``SmolLM2``).
@Suite(.enabled(if: SmolLM2.has("greedy.json"), "SmolLM2's weights are not there: set MIMO_SMOLLM2"))
struct InferSmolLM2Tests {
    let folder: TemporaryFolder
    let model: [String]

    init() throws {
        folder = try TemporaryFolder()
        model = ["--model", try #require(SmolLM2.folder), "--temperature", "0"]
    }

    private func chat(_ lines: String, _ arguments: String...) throws -> BuiltCommand.Outcome {
        try folder.write(lines, to: "questions.txt")
        return try BuiltCommand.run(
            ["infer"] + model + arguments,
            in: folder,
            after: "exec < questions.txt"
        )
    }

    @Test func rowsGetTheReferencesAnswers() throws {
        let storage = try JSON(parsing: golden())
        let cases = try #require(storage.arrayValue)
        let rows = cases.map { #"{"messages": [{"role": "user", "content": \#($0["text"]?.text() ?? "")}]}"# }
        try folder.write(rows.joined(separator: "\n"), to: "rows.jsonl")
        let outcome = try BuiltCommand.run(
            ["infer"] + model + [
                "--val_dataset", "rows.jsonl", "--result_path", "out.jsonl", "--max_new_tokens", "64",
            ],
            in: folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        for (result, sample) in zip(try folder.lines(of: "out.jsonl"), cases) {
            let isStopped = sample["stopped"]?.boolValue == true
            let response = try #require(result["response"]?.stringValue)
            #expect(response + (isStopped ? "<|im_end|>" : "") == sample["decoded"]?.stringValue)
            #expect(result["finish_reason"]?.stringValue == (isStopped ? "stop" : "length"))
            #expect(result["messages"]?.arrayValue?.last?["content"]?.stringValue == response)
        }
    }

    @Test func aLineOfAPipeIsAQuestionThatKnowsThoseBefore() throws {
        let lines = "What is the capital of France?\nAnd of Germany?\nexit\nNever asked\n"
        let outcome = try chat(lines, "--result_path", "out.jsonl")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output == "The capital of France is Paris.\nThe capital of Germany is Berlin.\n")
        let results = try folder.lines(of: "out.jsonl")
        #expect(results.map { $0["messages"]?.arrayValue?.count } == [2, 4])
    }

    @Test func anAnswerEndsBeforeItsStopWord() throws {
        let outcome = try chat("What is the capital of France?\n", "--stop_words", "is Par")
        #expect(outcome.output == "The capital of France \n")
        let kept = try chat(
            "What is the capital of France?",
            "--stop_words",
            "is Par",
            "--keep_stop_word",
            "true"
        )
        #expect(kept.output == "The capital of France is Par\n")
    }

    @Test func withoutATemplateTheModelGoesOnWithTheText() throws {
        let outcome = try chat(
            "The capital of France is",
            "--use_chat_template",
            "false",
            "--max_new_tokens",
            "2"
        )
        #expect(outcome.output == " Paris.\n")
    }

    @Test func theSameSeedDrawsTheSameAnswerAndAnotherDoesNot() throws {
        func answer(_ seed: String) throws -> String {
            try chat("Tell me a story.", "--temperature", "1.2", "--max_new_tokens", "20", "--seed", seed)
                .output
        }
        #expect(try answer("1") == answer("1"))
        #expect(try answer("1") != answer("2"))
    }

    @Test func aSignalEndsABatchWithWhatIsDone() throws {
        let row = #"{"messages": [{"role": "user", "content": "Count to a thousand."}]}"#
        try folder.write(String(repeating: row + "\n", count: 500), to: "rows.jsonl")
        let running = try BuiltCommand.Running(
            ["infer"] + model + [
                "--val_dataset", "rows.jsonl", "--result_path", "out.jsonl", "--max_new_tokens", "5",
                "--template", "chatml", "--max_batch_size", "1",
            ],
            in: folder
        )
        for _ in 0..<600 where (try? folder.lines(of: "out.jsonl").count) ?? 0 < 3 { usleep(50_000) }
        kill(running.process, SIGINT)
        let outcome = try running.wait()
        #expect(outcome.code == 130)
        let results = try folder.lines(of: "out.jsonl")
        #expect(results.count >= 3 && results.count < 500)
        #expect(results.allSatisfy { $0["finish_reason"] == "length" })
    }

    private func golden() throws -> [UInt8] {
        let reader = try LineReader(path: Golden.path("model/smollm2/greedy.json"))
        var bytes: [UInt8] = []
        while let line = try reader.next() { bytes += line.bytes }
        return bytes
    }
}
