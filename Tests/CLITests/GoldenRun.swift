import MimoFiles
import MimoTestSupport
import Testing

/// A training case of the reference, as rows for the command.
///
/// The case's steps have two to four sequences and the command's all have as many: short steps are filled up
/// with rows in which nothing is learned, which change neither the loss nor its count.
struct GoldenRun {
    let model: String
    let initialAdapter: String
    let expected: [(loss: Double, norm: Double)]
    /// The rows of the steps, each as long as the longest.
    let rows: [String]
    let rowsPerStep: Int
    private let optimizer: JSON

    static let isThere = Golden.has("model/tiny-mimo/train/case.json")

    init(_ name: String) throws {
        model = Golden.path("model/\(name)")
        initialAdapter = Golden.path("model/\(name)/train/initial_adapter")
        let golden = try JSON(parsing: Self.text("model/\(name)/train/case.json"))
        let answers = try JSON(parsing: Self.text("model/\(name)/train/expected.json"))
        expected = try #require(answers["steps"]?.arrayValue).map {
            (try #require($0["loss"]?.doubleValue), try #require($0["grad_norm"]?.doubleValue))
        }
        optimizer = try #require(golden["optimizer"])
        let steps = try #require(golden["steps"]?.arrayValue).map { $0.arrayValue ?? [] }
        let longest = steps.map(\.count).max() ?? 0
        rowsPerStep = longest
        rows = steps.flatMap { step in
            step.map { sequence in
                JSON.object(
                    JSONObject([
                        ("input_ids", sequence["ids"] ?? .null), ("labels", sequence["labels"] ?? .null),
                        ("loss_scale", sequence["loss_scale"] ?? .null),
                    ])
                ).text()
            } + Array(repeating: #"{"input_ids": [0], "labels": [-100]}"#, count: longest - step.count)
        }
    }

    /// The case as a command line; the rows go to a file of the folder.
    func arguments(in folder: TemporaryFolder) throws -> [String] {
        try folder.write(rows.joined(separator: "\n") + "\n", to: "rows.jsonl")
        return [
            "sft", "--model", model, "--adapters", initialAdapter, "--dataset", "rows.jsonl",
            "--dataset_shuffle", "false", "--train_dataloader_shuffle", "false", "--output_dir", "output",
            "--max_steps", "\(expected.count)", "--warmup_steps", "1", "--logging_steps", "1",
            "--lora_dropout", "0", "--weight_decay", optimizer["weight_decay"]?.text() ?? "",
            "--learning_rate", optimizer["lr"]?.text() ?? "",
            "--per_device_train_batch_size", "1", "--gradient_accumulation_steps", "\(rowsPerStep)",
        ]
    }

    private static func text(_ name: String) throws -> [UInt8] {
        let reader = try LineReader(path: Golden.path(name))
        var bytes: [UInt8] = []
        while let line = try reader.next() { bytes += line.bytes + [0x0a] }
        return bytes
    }
}

extension TemporaryFolder {
    /// The JSON values of a file's lines.
    func lines(of name: String) throws -> [JSON] {
        let reader = try LineReader(path: file(name))
        var lines: [JSON] = []
        while let line = try reader.next() { lines.append(try JSON(parsing: line.bytes)) }
        return lines
    }
}
