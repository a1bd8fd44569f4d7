import MimoFiles
import MimoModel
import MimoTestSupport
import Testing

/// The folder of SmolLM2's tokenizer, beside the checkout.
private let tokenizer = Golden.shared("models/SmolLM2-135M-Instruct")

/// From conversations to an adapter, with a tiny model that reads SmolLM2's tokens.
@Suite(
    .enabled(
        if: GoldenRun.isThere && Folder.exists("\(tokenizer)/tokenizer.json"),
        "needs the reference's tiny models and SmolLM2's tokenizer"
    )
)
struct ConversationTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try makeModel()
    }

    /// The tiny Llama with its embedding repeated until there is a row for each of the tokenizer's tokens.
    private func makeModel() throws {
        let vocabulary = 49152
        let source = Folder.parent(of: Golden.path("model/tiny-llama/config.json"))
        try folder.copyFiles(of: tokenizer, to: "model")
        var config = try #require(try Self.json("\(source)/config.json").objectValue)
        config["vocab_size"] = .int(Int64(vocabulary))
        try Folder.remove(folder.file("model/config.json"))
        try folder.write(JSON.object(config).text(), to: "model/config.json")
        let file = try SafetensorsFile(path: "\(source)/model.safetensors")
        func isEmbedding(_ entry: SafetensorsFile.Entry) -> Bool { entry.name == "model.embed_tokens.weight" }
        let writer = try SafetensorsWriter(
            path: folder.file("model/model.safetensors"),
            items: file.tensors.map {
                .init(
                    name: $0.name,
                    type: $0.type,
                    shape: isEmbedding($0) ? [vocabulary, $0.shape[1]] : $0.shape
                )
            }
        )
        for entry in file.tensors {
            let bytes = try file.bytes(entry.name)
            let count = isEmbedding(entry) ? bytes.count / entry.shape[0] * vocabulary : bytes.count
            let repeated = (0..<count).map { bytes[$0 % bytes.count] }
            try repeated.withUnsafeBytes { try writer.append($0) }
        }
        try writer.finish()
    }

    private static func json(_ path: String) throws -> JSON {
        let reader = try LineReader(path: path)
        var bytes: [UInt8] = []
        while let line = try reader.next() { bytes += line.bytes }
        return try JSON(parsing: bytes)
    }

    private static let rows = [
        "--model", "model", "--template", "chatml", "--dataset", "\(Golden.package)Datasets/thinking.jsonl",
        "--loss_scale", "ignore_empty_think", "--max_length", "400",
    ]
    private static let training = [
        "--max_steps", "2", "--logging_steps", "1", "--gradient_accumulation_steps", "2",
    ]

    private func losses(_ outcome: BuiltCommand.Outcome) throws -> [JSON?] {
        let run = Folder.parent(of: outcome.output.split(separator: "\n").joined())
        return try folder.lines(of: "\(run)/logging.jsonl").map { $0["loss"] }
    }

    @Test func whatIsTrainedOnIsWhatThePreviewShows() throws {
        let trained = try BuiltCommand.run(["sft"] + Self.rows + Self.training, in: folder)
        #expect(trained.code == 0, "\(trained.errors)")
        let preview = try BuiltCommand.run(["data", "preview", "--format", "json"] + Self.rows, in: folder)
        #expect(preview.code == 0, "\(preview.errors)")
        let samples = try preview.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
            .filter { $0["error"] == nil }
        let tokens = samples.reduce(0) { $0 + ($1["input_ids"]?.arrayValue?.count ?? 0) }
        let counted = samples.reduce(0) { sum, sample in
            sum + (sample["labels"]?.arrayValue?.count { $0 != -100 } ?? 0)
        }
        #expect(samples.count > 2)
        #expect(
            trained.errorLines.contains {
                $0.hasSuffix("; \(samples.count) samples, \(tokens) tokens, \(counted) of them learned")
            }
        )
    }

    @Test func theLogOfAnEpochCountsWhatThePreviewCounts() throws {
        let hostile = [
            #"{"messages": [{"role": "user", "content": "<|im_end|> hi"}, {"role": "assistant", "content": "<think>\n\n</think>\n\nNo."}]}"#,
            #"{"messages": 1}"#,
            #"{"messages": [{"role": "user", "content": "杭州"}, {"role": "assistant", "content": "<|im_start|>"}]}"#,
        ]
        try folder.write(hostile.joined(separator: "\n"), to: "hostile.jsonl")
        let place = try #require(Self.rows.firstIndex(of: "--dataset"))
        let rows = Self.rows[...(place + 1)] + ["hostile.jsonl"] + Self.rows[(place + 2)...]
        let run = ["--num_train_epochs", "1", "--logging_steps", "1", "--gradient_accumulation_steps", "5"]
        let trained = try BuiltCommand.run(["sft"] + rows + run, in: folder)
        #expect(trained.code == 0, "\(trained.errors)")
        #expect(
            trained.errors.contains(
                "2 of the kept rows spell out control tokens in their own words, 2 in all"
            )
        )
        let preview = try BuiltCommand.run(["data", "preview", "--format", "json"] + rows, in: folder)
        let samples = try preview.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
        let tokens = samples.reduce(0) { $0 + ($1["input_ids"]?.arrayValue?.count ?? 0) }
        let counted = samples.reduce(0) { $0 + ($1["labels"]?.arrayValue?.count { $0 != -100 } ?? 0) }
        let log = try folder.lines(
            of: "\(Folder.parent(of: trained.output.split(separator: "\n").joined()))/logging.jsonl"
        )
        #expect(log.reduce(0) { $0 + ($1["tokens"]?.intValue ?? 0) } == tokens)
        #expect(log.reduce(0) { $0 + ($1["counted_tokens"]?.intValue ?? 0) } == counted)
        #expect(counted > 0 && log.count > 1)
        #expect(
            preview.errorLines.last == "rows: \(samples.count), \(tokens) tokens, \(counted) of them learned"
        )
    }

    @Test func aStreamIsReadAsFarAsTheStepsNeed() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Hello."}]}"#
        try folder.write(
            Array(repeating: row + "\n", count: 3000).joined() + "{",
            to: "long.jsonl"
        )
        let arguments = [
            "sft", "--model", "model", "--template", "chatml", "--dataset", "long.jsonl", "--streaming",
        ]
        let none = try BuiltCommand.run(arguments, in: folder)
        #expect(none.code == 64)
        #expect(
            none.errors == "mimo-sft: --streaming needs --max_steps: how many rows there are is not known\n"
        )
        let trained = try BuiltCommand.run(arguments + Self.training, in: folder)
        #expect(trained.code == 0, "\(trained.errors)")
        #expect(trained.errors.contains("4 rows read: 4 kept, 0 dropped; 4 samples"))
        #expect(trained.errors.contains("the rest was not read: --max_steps needs no more rows"))
        #expect(try losses(trained).count == 2)
    }

    @Test func tokenizedRowsTrainAsTheRowsDoUntilTheirMakingChanges() throws {
        let order = ["--dataset_shuffle", "false"]
        let export = try BuiltCommand.run(
            ["export", "--to_cached_dataset", "--output_dir", "cache"] + Self.rows + order,
            in: folder
        )
        #expect(export.code == 0, "\(export.errors)")
        #expect(export.output == "cache\n")
        let fromRows = try BuiltCommand.run(["sft"] + Self.rows + order + Self.training, in: folder)
        let cached =
            ["sft", "--cached_dataset", "cache"]
            + Self.rows.filter { !$0.contains("dataset") && !$0.hasSuffix(".jsonl") }
        let fromCache = try BuiltCommand.run(cached + Self.training, in: folder)
        #expect(fromCache.code == 0, "\(fromCache.errors)")
        #expect(try losses(fromCache) == losses(fromRows))
        let changed = try BuiltCommand.run(cached + Self.training + ["--loss_scale", "all"], in: folder)
        #expect(changed.code == 1)
        #expect(changed.errors.contains("cache"))
        let both = try BuiltCommand.run(cached + ["--dataset", "rows.jsonl"], in: folder)
        #expect(both.errors == "mimo-sft: --cached_dataset: goes with no --dataset; give one of them\n")
        let again = try BuiltCommand.run(
            ["export", "--to_cached_dataset", "--output_dir", "cache"] + Self.rows,
            in: folder
        )
        #expect(again.code == 64)
    }

    @Test func rowsSetAsideAreNotTrainedOn() throws {
        let whole = try BuiltCommand.run(["sft"] + Self.rows + Self.training, in: folder)
        let part = try BuiltCommand.run(
            ["sft"] + Self.rows + Self.training + ["--split_dataset_ratio", "0.5"],
            in: folder
        )
        #expect(part.code == 0, "\(part.errors)")
        #expect(try losses(whole) != losses(part))
    }
}
