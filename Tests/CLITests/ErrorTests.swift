import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// What the command says and how it ends where something is wrong: one line on standard error, nothing on
/// standard output, and nothing left behind.
@Suite struct ErrorTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func expect(
        _ arguments: [String],
        code: Int32,
        says message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try BuiltCommand.run(arguments, in: folder)
        #expect(outcome.errors == "mimo-sft: \(message)\n", sourceLocation: sourceLocation)
        #expect(outcome.code == code, sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        #expect(!Folder.exists(folder.file("output")), sourceLocation: sourceLocation)
    }

    @Test(
        arguments: [
            ([], 64, "--dataset is missing; expected a file of rows, such as data.jsonl"),
            (
                ["--adapters", "a", "--dataset", "d"], 64,
                "--model is missing; expected the model that --adapters was trained on"
            ),
            (
                ["sft", "--model", "m"], 64,
                "--dataset is missing; expected a file of rows, such as data.jsonl"
            ),
            (["merg"], 64, "there is no command merg; did you mean merge?"),
            (["--lora_rnak", "8"], 64, "there is no option --lora_rnak; did you mean --lora_rank?"),
            (["--lora_rank", "eight"], 64, "The value 'eight' is invalid for '--lora-rank <n>'"),
            (["--dataset"], 64, "Missing value for '--dataset <file ...>'"),
            (["-x"], 64, "Unknown option '-x'"),
            (["--threads", "0"], 64, "--threads is 0; expected a whole number from 1 on"),
            (
                ["--columns", "[1]", "--model", "m", "--dataset", "d"], 64,
                "--columns is [1]; expected a JSON object"
            ),
            (["sft", "run.yaml"], 1, "run.yaml: cannot open: No such file or directory"),
            (
                ["--model", "./nowhere", "--dataset", "d"], 1,
                "./nowhere: no such folder; expected a model's folder, or its id on a hub (ORG/NAME)"
            ),
            (
                ["merge"], 64,
                "--adapters is missing; expected an adapter's folder, such as output/…/checkpoint-100"
            ),
            (["merge", "--adapters", "a", "b"], 64, "--adapters has 2 values; expected one"),
            (
                ["export", "--adapters", "a"], 64,
                "expected one of --merge_lora true and --to_cached_dataset true"
            ),
            (
                [
                    "export", "--adapters", "a", "--push_to_hub", "true", "--hub_model_id", "me/a",
                    "--hub_token", "t",
                ], 1,
                "--push_to_hub: uploading is not there yet; upload the folder with another tool, "
                    + "for example: hf upload me/a a"
            ),
        ] as [([String], Int32, String)]
    )
    func wrongCommandLinesAreAnsweredInOneLine(arguments: [String], code: Int32, message: String) throws {
        try expect(arguments, code: code, says: message)
    }

    @Test func aModelThatIsInNoCacheIsNamedWithHowToFetchIt() throws {
        try expect(
            ["--model", "XiaomiMiMo/MiMo-7B-RL", "--dataset", "d"],
            code: 1,
            says:
                "XiaomiMiMo/MiMo-7B-RL: no such folder, and not downloaded to "
                + "\(folder.path)/.cache/huggingface/hub or \(folder.path)/.cache/modelscope/hub; "
                + "download it with: hf download XiaomiMiMo/MiMo-7B-RL, "
                + "or: modelscope download --model XiaomiMiMo/MiMo-7B-RL"
        )
    }

    @Suite(.enabled(if: GoldenRun.isThere, "needs the reference's tiny models"))
    struct Training {
        let errors: ErrorTests
        let model = Golden.path("model/tiny-mimo")

        init() throws {
            errors = try ErrorTests()
            try errors.folder.write(#"{"input_ids": [1, 2], "labels": [-100, 2]}"# + "\n", to: "rows.jsonl")
        }

        private func expect(
            _ arguments: [String],
            says message: String,
            loc: SourceLocation = #_sourceLocation
        ) throws {
            try errors.expect(["--model", model] + arguments, code: 1, says: message, sourceLocation: loc)
        }

        @Test(
            arguments: [
                ("nothing.jsonl", "--dataset nothing.jsonl: there is no such file or folder"),
                ("empty.jsonl", "empty.jsonl: there are no rows in it"),
                (
                    "cut.jsonl",
                    """
                    no row is left to train on; 1 rows read: 0 kept, 1 dropped
                      1 dropped: cut off
                        cut.jsonl:1: the file ends inside of this row; it was cut off
                    """
                ),
                (
                    "types.jsonl",
                    """
                    no row is left to train on; 2 rows read: 0 kept, 2 dropped
                      1 dropped: bad row
                        types.jsonl:1: "messages" is a number; expected a list
                      1 dropped: bad tokenized row
                        types.jsonl:2: tokenized row: "input_ids"[0] is "a"; expected an integer
                    """
                ),
            ]
        )
        func rowsThatCannotBeUsedAreSaidWithTheirLines(file: String, message: String) throws {
            try errors.folder.write("", to: "empty.jsonl")
            try errors.folder.write(#"{"messages": [{"role": "user", "content": "#, to: "cut.jsonl")
            try errors.folder.write("{\"messages\": 3}\n{\"input_ids\": [\"a\"]}\n", to: "types.jsonl")
            try expect(["--dataset", file], says: message)
        }

        @Test func strictRunsStopAtTheFirstBadRow() throws {
            try errors.folder.write("{\"input_ids\": [1, 2]}\n{\"input_ids\": [1, 999]}\n", to: "rows.jsonl")
            try expect(
                ["--dataset", "rows.jsonl", "--strict"],
                says: #"rows.jsonl:2: tokenized row: "input_ids"[1] is 999; the model's ids are 0 to 319"#
            )
        }

        @Test(
            arguments: [
                (["--lora_rank", "0"], "lora_rank is 0; expected a whole number from 1 to 65536"),
                (["--learning_rate", "-1"], "--learning_rate -1.0: expected a number from 0 on"),
                (["--max_steps", "0"], "--max_steps 0: expected a whole number from 1 on"),
                (
                    ["--target_modules", "x"],
                    "target modules [x] match no linear layer of the decoder blocks; "
                        + "use all-linear, or names such as q_proj or model.layers.0.mlp.down_proj"
                ),
                (
                    ["--load_best_model_at_end"],
                    "--load_best_model_at_end without evaluations: expected --val_dataset, "
                        + "--split_dataset_ratio or --retention_prompts, and no --eval_strategy no"
                ),
                (["--resume_from_checkpoint", "c"], "c: there is no such checkpoint folder"),
            ] as [([String], String)]
        )
        func optionsThatNoRunCanHaveAreRefused(options: [String], message: String) throws {
            try expect(["--dataset", "rows.jsonl"] + options, says: message)
        }

        @Test func anAdapterOfAnotherBaseIsRefused() throws {
            let adapter = Golden.path("model/tiny-llama/train/initial_adapter")
            try expect(
                ["--dataset", "rows.jsonl", "--adapters", adapter],
                says: "\(adapter)/adapter_model.safetensors: tensor "
                    + "\"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight\" has shape [4, 96], "
                    + "this base model's layer takes [4, 64]; the adapter was made for another base"
            )
        }

        @Test(arguments: ["cut", "header"])
        func damagedWeightsAreRefusedWithoutATrap(damage: String) throws {
            try errors.folder.copyFiles(of: Golden.path("model/tiny-qwen2"), to: "model")
            let path = errors.folder.file("model/model.safetensors")
            var bytes = try Data(contentsOf: URL(filePath: path))
            if damage == "cut" { bytes = bytes.prefix(bytes.count - 1000) } else { bytes[20] ^= 0xff }
            try bytes.write(to: URL(filePath: path))
            let outcome = try BuiltCommand.run(
                ["--model", "model", "--dataset", "rows.jsonl"],
                in: errors.folder
            )
            #expect(outcome.code == 1)
            #expect(outcome.errorLines.count == 1)
            #expect(outcome.errors.hasPrefix("mimo-sft: model/model.safetensors: "))
        }

        @Test func aCheckpointThatTheDiskDoesNotTakeEndsTheRunAndLeavesNothingHalf() throws {
            // Files may have 8 KiB: enough for the log, not for an adapter.
            let outcome = try BuiltCommand.run(
                [
                    "--model", model, "--dataset", "rows.jsonl", "--output_dir", "run", "--add_version",
                    "false",
                ],
                in: errors.folder,
                after: "trap '' XFSZ; ulimit -f 16"
            )
            #expect(outcome.code == 1)
            #expect(outcome.output == "")
            #expect(
                outcome.errorLines.last?.hasSuffix(
                    "adapter_model.safetensors: cannot write: File too large; there is no checkpoint yet"
                ) == true
            )
            #expect(
                try Folder.names(in: errors.folder.file("run")) == [
                    ".lock", "args.json", "logging.jsonl", "runs",
                ]
            )
        }
    }
}
