import MimoFiles
import MimoTestSupport
import Testing

/// What a run says that it will take, beside what it came to take.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct MemoryTests {
    /// A kind of run, and what makes its memory large.
    struct Kind: CustomTestStringConvertible {
        let name: String
        var arguments: [String]
        var validationTurns = 1
        var promptTurns: Int?

        var testDescription: String { name }

        static let all = [
            Kind(
                name: "all weights, whose file was read to widen them",
                arguments: ["--tuner_type", "full", "--eval_strategy", "no"]
            ),
            Kind(name: "an adapter", arguments: ["--lora_rank", "4", "--eval_strategy", "no"]),
            Kind(
                name: "a validation row that is longer than any row of the training",
                arguments: ["--lora_rank", "4", "--val_dataset", "validation.jsonl"],
                validationTurns: 160
            ),
            Kind(
                name: "long prompts that are answered side by side",
                arguments: [
                    "--lora_rank", "4", "--retention_prompts", "prompts.jsonl", "--retention_max_new_tokens",
                    "8",
                ],
                promptTurns: 60
            ),
        ]
    }

    /// A model of 40 million parameters with random weights.
    private func model(in folder: TemporaryFolder) throws {
        try folder.copyFiles(of: StarterRun.model, to: "shape")
        let config: JSON = [
            "model_type": "mimo", "architectures": ["MiMoForCausalLM"], "hidden_size": 512,
            "intermediate_size": 1536, "num_hidden_layers": 12, "num_attention_heads": 8,
            "num_key_value_heads": 8, "head_dim": 64, "vocab_size": 4096, "max_position_embeddings": 8192,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false,
            "bos_token_id": 4074, "eos_token_id": 4076,
        ]
        try folder.write(config.text(), to: "shape/config.json")
        let outcome = try BuiltCommand.run(
            ["init", "--model", "shape", "--output_dir", "model"],
            in: folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    private func row(turns: Int, ends: Bool) -> String {
        let turn = "What is 7 + 8? Say it slowly. "
        let question = String(repeating: turn, count: turns)
        let messages: [JSON] =
            [["role": "user", "content": .string(question)]]
            + (ends ? [["role": "assistant", "content": "<think>\n7 + 8 = 15\n</think>\n\n15"]] : [])
        return (["messages": .array(messages)] as JSON).text() + "\n"
    }

    @Test("The predicted peak is within a twentieth of what is measured", arguments: Kind.all)
    func peak(kind: Kind) throws {
        let folder = try TemporaryFolder()
        try model(in: folder)
        try folder.write(String(repeating: row(turns: 4, ends: true), count: 8), to: "rows.jsonl")
        try folder.write(row(turns: kind.validationTurns, ends: true), to: "validation.jsonl")
        let prompt = kind.promptTurns.map { row(turns: $0, ends: false) } ?? ""
        try folder.write(String(repeating: prompt, count: 8), to: "prompts.jsonl")
        let outcome = try BuiltCommand.run(
            [
                "sft", "--model", "model", "--template", "chatml", "--dataset", "rows.jsonl", "--max_steps",
                "2", "--gradient_accumulation_steps", "4", "--output_dir", "output", "--add_version", "false",
            ] + kind.arguments,
            in: folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        let line = try #require(outcome.errorLines.first { $0.hasPrefix("memory: predicted peak ") })
        let predicted = try #require(Double(line.split(separator: " ")[3]))
        let peaks = try folder.lines(of: "output/logging.jsonl").compactMap { $0["memory(GiB)"]?.doubleValue }
        let measured = try #require(peaks.max())
        print("\(kind.name): \(predicted) GiB predicted, \(measured) GiB measured")
        // Two decimals are said.
        #expect(abs(predicted - measured) < 0.05 * measured + 0.005, "\(line), and it came to \(measured)")
    }
}
