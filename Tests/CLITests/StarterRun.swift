import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// A short training of MiMo-Nano, with evaluations, prompts that watch its thinking and a
/// checkpoint a step: everything that writes into a run's folder.
struct StarterRun {
    static let model = "\(Golden.package)Sources/mimo-sft/MiMo-Nano"
    static let rows = "\(Golden.package)Datasets/self_cognition.jsonl"
    let folder: TemporaryFolder
    let output = "output"

    init() throws {
        folder = try TemporaryFolder()
        let prompts = """
            {"query": "What is 7 + 8?", "answer": "15"}
            {"messages": [{"role": "user", "content": "What is 12 - 5?"}], "answer": 7}
            """
        try folder.write(prompts + "\n", to: "prompts.jsonl")
    }

    /// The command line, which both starts the run and goes on with it.
    func arguments(_ more: [String] = [], sample: String = "#24") -> [String] {
        [
            "sft", "--model", Self.model, "--dataset", "\(Self.rows):empty_think\(sample)", "--loss_scale",
            "ignore_empty_think", "--model_name", "swift-robot", "--model_author", "swift",
            "--split_dataset_ratio", "0.2", "--retention_prompts", "prompts.jsonl",
            "--retention_max_new_tokens", "64", "--num_train_epochs", "2", "--learning_rate", "2e-3",
            "--lora_rank", "4", "--gradient_accumulation_steps", "4", "--logging_steps", "2",
            "--eval_steps", "2", "--save_steps", "1", "--save_total_limit", "3",
            "--load_best_model_at_end", "--add_version", "false", "--output_dir", output,
            "--resume_from_checkpoint", "true",
        ] + more
    }

    /// What a run left behind, but for measured times, memory and the number of threads.
    func remains() throws -> [String: String] {
        var remains: [String: String] = [:]
        let run = folder.file(output)
        for name in try Folder.names(in: run) {
            let path = "\(run)/\(name)"
            switch name {
            case ".lock", "runs", "images", "report.html": continue
            case "logging.jsonl":
                remains[name] = try folder.lines(of: "\(output)/\(name)")
                    .map { Self.without(Self.measured, $0).text() }.joined(separator: "\n")
            case _ where Folder.isFolder(path):
                for file in try Folder.names(in: path) {
                    remains["\(name)/\(file)"] = try content(of: "\(path)/\(file)", name: file)
                }
            default: remains[name] = try content(of: path, name: name)
            }
        }
        return remains
    }

    private static let measured = [
        "elapsed_time", "remaining_time", "train_speed(s/it)", "memory(GiB)", "tokens_per_second",
        "eval_runtime",
        "eval_samples_per_second", "eval_steps_per_second",
    ]

    private func content(of path: String, name: String) throws -> String {
        let data = try Data(contentsOf: URL(filePath: path))
        switch name {
        case "args.json": return Self.without(["threads"], try JSON(parsing: Array(data))).text()
        case "trainer_state.json":
            var state = Self.without(["pace"], try JSON(parsing: Array(data)))
            if var members = state.objectValue, let window = members["log_window"] {
                members["log_window"] = Self.without(["seconds"], window)
                state = .object(members)
            }
            return state.text()
        case "manifest.json":
            // Hashes of the two files above, which hold times and threads.
            let files = try JSON(parsing: Array(data))["files"] ?? .null
            return Self.without(["args.json", "trainer_state.json"], files).text()
        default: return data.base64EncodedString()
        }
    }

    private static func without(_ names: [String], _ json: JSON) -> JSON {
        guard var members = json.objectValue else { return json }
        for name in names { members[name] = nil }
        return .object(members)
    }
}
