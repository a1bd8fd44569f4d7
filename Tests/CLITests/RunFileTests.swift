import ArgumentParser
import MimoTestSupport
import Testing

@testable import mimo_sft

@Suite struct RunFileTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func arguments(_ content: String, name: String = "run.yaml", _ words: String...) throws
        -> [String]
    {
        let path = try folder.write(content, to: name)
        return try ArgumentLine(["sft", path] + words, for: MimoSFT.self).arguments
    }

    @Test func aYAMLFileGivesOptionsAsTheCommandLineDoes() throws {
        let content = """
            # A run.
            model: XiaomiMiMo/MiMo-7B-RL
            dataset:
              - a.jsonl
              - 'b.jsonl#500'
            learning_rate: 1e-4
            lora-rank: 16
            strict: yes
            system: ""
            max_steps: null
            rank_pattern: {q_proj: 8, "k_proj": 4}
            """
        #expect(
            try arguments(content) == [
                "sft", "--model=XiaomiMiMo/MiMo-7B-RL", "--dataset=a.jsonl", "--dataset=b.jsonl#500",
                "--learning-rate=1e-4", "--lora-rank=16", "--strict=true", "--system", "",
                #"--rank-pattern={"q_proj": 8, "k_proj": 4}"#,
            ]
        )
    }

    @Test func aJSONFileDoesSoToo() throws {
        #expect(
            try arguments(
                #"{"model": "m", "dataset": ["a", "b"], "max_steps": null, "model_name": [], "strict": false}"#,
                name: "args.json"
            )
                == ["sft", "--model=m", "--dataset=a", "--dataset=b", "--strict=false"]
        )
    }

    @Test func theCommandLineWinsAndItsListsTakeTheFilesPlace() throws {
        let content = "learning_rate: 1e-4\ndataset: [a, b]\ntrain_type: lora\n"
        #expect(
            try arguments(content, "--learning_rate", "5e-5", "--dataset", "c") == [
                "sft", "--learning-rate=1e-4", "--tuner-type=lora", "--learning-rate=5e-5", "--dataset=c",
            ]
        )
        let parsed = try SFT.parse(arguments(content, "--learning_rate", "5e-5").dropFirst().map(\.self))
        #expect(parsed.options.training.learningRate == 5e-5)
    }

    @Test func optionsThatChangeNothingAreSaidWithTheirLine() throws {
        let path = try folder.write("model: m\nlora_dtype: bfloat16\n", to: "run.yaml")
        #expect(
            try ArgumentLine([path], for: MimoSFT.self).notes == [
                "\(path):2: lora_dtype is settled: weights stay in their own type, arithmetic is f32"
            ]
        )
    }

    @Test(
        arguments: [
            ("model: m\nlora_rnak: 8\n", ":2: there is no option lora_rnak; did you mean lora_rank?"),
            ("learning_rate: [1, 2]\n", ":1: learning_rate has 2 values; expected one"),
            ("", ": the file is empty; expected a line such as: learning_rate: 1e-4"),
            ("just words\n", ": expected lines such as: learning_rate: 1e-4"),
            ("model: m\nmodel: n\n", ": names model twice"),
        ]
    )
    func whatIsWrongIsSaidWithItsLine(content: String, message: String) throws {
        let error = #expect(throws: UsageError.self) { try arguments(content) }
        #expect(error?.description == folder.file("run.yaml") + message)
    }

    @Test func textThatIsNotYAMLIsSaidToBeNone() throws {
        let error = #expect(throws: UsageError.self) { try arguments("model: [a, b\nseed: 1\n") }
        #expect(error?.description.hasPrefix("\(folder.file("run.yaml")): line 2: not valid YAML: ") == true)
    }
}
