import ArgumentParser
import MimoData
import MimoFiles
import MimoInfer
import MimoModel
import MimoText
import MimoTrain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Answers rows and writes their results.
struct InferBatch {
    private let inference: InferenceRun
    private let input: InferenceInput

    init(_ inference: InferenceRun, _ input: InferenceInput) {
        self.inference = inference
        self.input = input
    }

    /// Answers all rows and prints the path of the results.
    ///
    /// - Throws: What refuses the rows or the file of results; `ExitCode` where a signal stopped it.
    func run(threads: Int) throws {
        guard inference.models.count == 1, let model = inference.models.first else {
            throw UsageError("--adapters has \(inference.models.count) values; rows are answered with one")
        }
        guard input.maxBatchSize >= 1 else {
            throw UsageError("--max_batch_size is \(input.maxBatchSize); expected at least 1")
        }
        let rows = try DatasetRows(options: datasetOptions(threads: threads))
        if let reason = inference.withoutTemplate, inference.tokenizer != nil {
            Console.note("raw completion: \(reason)")
        }
        StopSignal.listen()
        let path = input.resultPath ?? defaultPath
        let file = try ResultFile(path: path)
        let generator = inference.generator(model.decoder, maxBatchSize: input.maxBatchSize)
        let start = ContinuousClock.now
        let batch = BatchInference(generator) { try file.append($0) }
        let isStreaming = input.stream ?? false
        do {
            var added = 0
            try rows.forEach { row, origin in
                if added == input.valDatasetSample || StopSignal.received != nil { throw Enough() }
                added += 1
                let (row, request) = try read(row, origin, for: generator)
                if isStreaming { show(row, prefix: (try? request.get())?.answerPrefix ?? "") }
                try batch.add(row, request)
                if isStreaming { try batch.finish(isStopped: stops, showText: { Console.piece($0) }) }
                if isStreaming { Console.piece("\n\n") } else { progress(batch, since: start) }
            }
        } catch is Enough {}
        try batch.finish(isStopped: {
            if !isStreaming { progress(batch, since: start) }
            return stops()
        })
        Console.note(summary(batch, since: start))
        Console.result(path)
        if let signal = StopSignal.received { throw ExitCode(128 + signal) }
    }

    /// As many rows as were asked for.
    private struct Enough: Error {}

    private func stops() -> Bool { StopSignal.received != nil }

    /// The rows that are asked for: given ones, or those of the adapter's training.
    private func datasetOptions(threads: Int) throws -> DatasetOptions {
        var options = DatasetOptions()
        options.threads = threads
        options.isStrict = input.strict
        options.validationItems = input.valDataset
        options.columns = try columns(input.columns)
        guard input.loadDataArgs, options.validationItems.isEmpty else { return options }
        guard let arguments = inference.arguments else {
            throw UsageError(
                "--load_data_args: there is no args.json beside the adapter that names rows; give --val_dataset"
            )
        }
        let fields = arguments.fields
        func texts(_ name: String) -> [String] {
            (fields[name]?.arrayValue ?? []).compactMap(\.stringValue)
        }
        options.items = texts("dataset")
        options.validationItems = texts("val_dataset")
        options.splitRatio = fields["split_dataset_ratio"]?.doubleValue ?? 0
        options.seed = fields["data_seed"]?.intValue.flatMap { UInt64(exactly: $0) } ?? options.seed
        options.modelName = texts("model_name")
        options.modelAuthor = texts("model_author")
        if options.columns.isEmpty {
            options.columns = try columns(arguments.text("columns"))
        }
        return options
    }

    private func columns(_ text: String?) throws -> [String: String] {
        try JSONOption.members(text, of: "columns").reduce(into: [:]) { columns, member in
            guard let target = member.value.stringValue else {
                throw UsageError(
                    "--columns: \"\(member.key)\" is \(member.value.kind); expected the name of a column"
                )
            }
            columns[member.key] = target
        }
    }

    /// The row and what the model is asked, or why it cannot be.
    private func read(
        _ row: Result<JSON, any Error>,
        _ origin: RowOrigin,
        for generator: Generator
    ) throws -> (InferenceRow, Result<GenerationRequest, any Error>) {
        let content = InferenceRow((try? row.get()) ?? .null)
        do {
            _ = try row.get()
            let request = try inference.request(content)
            try generator.validate(request)
            return (content, .success(request))
        } catch {
            let failure = RowFailure(origin: origin, reason: "\(error)")
            if input.strict { throw failure }
            Console.note(failure.description)
            return (content, .failure(failure))
        }
    }

    private func show(_ row: InferenceRow, prefix: String) {
        let question =
            row.fields["messages"]?.arrayValue?.last?["content"] ?? row.fields["input_ids"] ?? .null
        Console.piece("[QUERY] \(question.stringValue ?? question.text())\n")
        if !row.label.isNull { Console.piece("[LABELS] \(row.label.stringValue ?? row.label.text())\n") }
        Console.piece("[RESPONSE] \(prefix)")
    }

    private func progress(_ batch: BatchInference, since start: ContinuousClock.Instant) {
        if Console.isTerminal { Console.rewrite(summary(batch, since: start)) }
    }

    private func summary(_ batch: BatchInference, since start: ContinuousClock.Instant) -> String {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let failures = batch.failures > 0 ? ", \(batch.failures) with errors" : ""
        let rate = Figure.fixed(Double(batch.generatedTokens) / max(seconds, 1e-9), 1)
        let drafts = batch.drafts.rate == nil ? "" : "; \(batch.drafts.summary)"
        return "rows: \(batch.count)\(failures); \(batch.generatedTokens) tokens, \(rate) tokens/s\(drafts)"
    }

    /// `infer_result/DATE-TIME.jsonl` in the adapter's folder or, as ms-swift has it, in `result/MODEL`.
    private var defaultPath: String {
        let folder = inference.adapters.first ?? "result/\(Folder.name(of: inference.checkpoint.directory))"
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        let numbers = [
            Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday), Int(parts.tm_hour),
            Int(parts.tm_min), Int(parts.tm_sec),
        ]
        let texts = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }
        return "\(folder)/infer_result/\(texts[...2].joined())-\(texts[3...].joined()).jsonl"
    }
}

/// A row that cannot be answered, with its place.
struct RowFailure: Error, CustomStringConvertible {
    let origin: RowOrigin
    let reason: String

    var description: String { "\(origin): \(reason)" }
}
