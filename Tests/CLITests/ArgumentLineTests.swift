import ArgumentParser
import MimoAdapter
import MimoData
import MimoFiles
import MimoTestSupport
import MimoTrain
import Testing

@testable import mimo_sft

@Suite struct ArgumentLineTests {
    private func arguments(_ line: String...) throws -> [String] {
        try ArgumentLine(line, for: MimoSFT.self).arguments
    }

    @Test(
        arguments: [
            (["--lora_rank", "8"], ["sft", "--lora-rank=8"]),
            (["--lora-rank=8"], ["sft", "--lora-rank=8"]),
            (["sft", "--lora_rank=8", "--model", "m"], ["sft", "--lora-rank=8", "--model=m"]),
            (["--train_type", "lora"], ["sft", "--tuner-type=lora"]),
            (
                ["--dataset", "a", "b#5", "c:d", "--strict"],
                ["sft", "--dataset=a", "--dataset=b#5", "--dataset=c:d", "--strict=true"]
            ),
            (["--strict", "False", "--use_rslora"], ["sft", "--strict=false", "--use-rslora=true"]),
            (["--strict", "--max_steps", "3"], ["sft", "--strict=true", "--max-steps=3"]),
            (["--max_steps", "-1"], ["sft", "--max-steps=-1"]),
            (["--system", ""], ["sft", "--system", ""]),
            (["--system", "none"], ["sft", "--system=none"]),
            (["--save_total_limit", "None", "--seed", "1"], ["sft", "--seed=1"]),
            (["--system", "a=b"], ["sft", "--system=a=b"]),
            (["merge", "--adapters", "x"], ["merge", "--adapters=x"]),
            (["help", "sft"], ["help", "sft"]),
            (["--model"], ["sft", "--model"]),
            ([], ["sft"]),
        ] as [([String], [String])]
    )
    func commandLinesTakeOneForm(written: [String], form: [String]) throws {
        let line = try ArgumentLine(written, for: MimoSFT.self)
        #expect(line.arguments == form)
        #expect(line.notes == [])
    }

    @Test(
        arguments: [
            (["--lora_rnak", "8"], "there is no option --lora_rnak; did you mean --lora_rank?"),
            (["--lora-rnak=8"], "there is no option --lora-rnak; did you mean --lora-rank?"),
            (["--zzz"], "there is no option --zzz"),
            (["trian"], "there is no command trian; expected one of \(commands)"),
            (["merg"], "there is no command merg; did you mean merge?"),
            (["--strict", "maybe"], "--strict is maybe; expected true or false"),
            (
                ["--seed", "1", "2"],
                "unexpected word 2; expected an option, or first a .yaml or .json file of options"
            ),
            (["merge", "--lora_rank", "8"], "there is no option --lora_rank"),
        ] as [([String], String)]
    )
    func whatIsNotUnderstoodIsSaid(written: [String], message: String) {
        #expect(throws: UsageError(message)) { try ArgumentLine(written, for: MimoSFT.self) }
    }

    private static let commands = MimoSFT.configuration.subcommands.map { $0._commandName }.joined(
        separator: ", "
    )

    @Test func theLastOfTwoListsCountsAndAWordSaysSo() throws {
        let line = try ArgumentLine(
            ["--dataset", "a", "b", "--model", "m", "--dataset", "c", "d"],
            for: MimoSFT.self
        )
        #expect(line.arguments == ["sft", "--model=m", "--dataset=c", "--dataset=d"])
        #expect(line.notes == ["--dataset is given twice; what was given last counts"])
    }

    @Test func optionsThatChangeNothingHereAreTakenWithAWordEach() throws {
        let line = try ArgumentLine(
            [
                "--lora_dtype", "bfloat16", "--deepspeed", "zero3", "--gradient_checkpointing_kwargs",
                #"{"a": 1}"#, "--model", "m", "--device_map=auto", "--bf16",
            ],
            for: MimoSFT.self
        )
        #expect(line.arguments == ["sft", "--model=m"])
        #expect(
            line.notes == [
                "--lora_dtype is settled: weights stay in their own type, arithmetic is f32",
                "--deepspeed means nothing on a CPU",
                "--gradient_checkpointing_kwargs is settled: memory is planned by the trainer, see --recomputed-blocks",
                "--device_map means nothing on a CPU",
                "--bf16 is settled: weights stay in their own type, arithmetic is f32",
            ]
        )
    }

    /// The command lines of the guide, with what they are to mean.
    @Test func theGuidesTrainingCommandReadsAsWritten() throws {
        let line = try ArgumentLine(
            [
                "sft", "--model", "XiaomiMiMo/MiMo-7B-RL", "--train_type", "lora",
                "--dataset", "liucong/Chinese-DeepSeek-R1-Distill-data-110k-SFT#1000",
                "swift/self-cognition:empty_think#500",
                "--torch_dtype", "bfloat16", "--num_train_epochs", "1", "--per_device_train_batch_size", "1",
                "--per_device_eval_batch_size", "1", "--learning_rate", "1e-4", "--lora_rank", "8",
                "--lora_alpha", "32", "--target_modules", "all-linear", "--gradient_accumulation_steps", "16",
                "--eval_steps", "50", "--save_steps", "50", "--save_total_limit", "2", "--logging_steps", "5",
                "--max_length", "2048", "--output_dir", "output", "--warmup_ratio", "0.05",
                "--dataloader_num_workers", "4", "--loss_scale", "ignore_empty_think", "--model_author",
                "swift",
                "--model_name", "swift-robot",
            ],
            for: MimoSFT.self
        )
        let command = try #require(try MimoSFT.parseAsRoot(line.arguments) as? SFT)
        let options = try command.options.fineTuningOptions()
        #expect(options.model == "XiaomiMiMo/MiMo-7B-RL")
        #expect(
            options.data.items == [
                "liucong/Chinese-DeepSeek-R1-Distill-data-110k-SFT#1000",
                "swift/self-cognition:empty_think#500",
            ]
        )
        #expect(options.data.modelName == ["swift-robot"])
        #expect(options.data.modelAuthor == ["swift"])
        #expect(options.template.lossScale == "ignore_empty_think")
        #expect(options.template.encoding.maxLength == 2048)
        #expect(options.lora.rank == 8)
        #expect(options.lora.alpha == 32)
        #expect(options.lora.targets == .allLinear)
        #expect(options.trainer.learningRate == 1e-4)
        #expect(options.trainer.epochs == 1)
        #expect(options.trainer.batchSize == 1)
        #expect(options.trainer.gradientAccumulationSteps == 16)
        #expect(options.trainer.warmupRatio == 0.05)
        #expect(options.trainer.saveSteps == 50)
        #expect(options.trainer.saveTotalLimit == 2)
        #expect(options.trainer.loggingSteps == 5)
        #expect(options.outputDirectory == "output")
        #expect(line.notes.count == 1)
    }

    @Test func theGuidesExportCommandsReadAsWritten() throws {
        let merge = try #require(
            try MimoSFT.parseAsRoot(
                arguments("export", "--adapters", "output/vx-xxx/checkpoint-xxx", "--merge_lora", "true")
            ) as? Export
        )
        #expect(merge.mergeLora)
        #expect(try merge.model.adapter == "output/vx-xxx/checkpoint-xxx")
        let push = try #require(
            try MimoSFT.parseAsRoot(
                arguments(
                    "export",
                    "--adapters",
                    "output/vx-xxx/checkpoint-xxx",
                    "--push_to_hub",
                    "true",
                    "--hub_model_id",
                    "<id>",
                    "--hub_token",
                    "<token>"
                )
            ) as? Export
        )
        #expect(push.hub.pushToHub)
        #expect(push.hub.hubModelId == "<id>")
        #expect(push.hub.hubToken?.text == "<token>")
        #expect(!JSON.object(push.optionFields).text().contains("<token>"))
    }
}
