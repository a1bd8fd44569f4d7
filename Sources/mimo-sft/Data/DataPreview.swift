import ArgumentParser
import MimoData
import MimoFiles

/// `mimo-sft data preview`: shows what is learned of each row.
struct DataPreview: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview",
        abstract: "Show the tokens of rows by their weight in the loss, with the rule behind each.",
        discussion:
            "What is shown is what the trainer gets. JSON lines have an \"error\" for a row that is dropped."
    )

    /// How rows are shown.
    enum Format: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case terminal, html, json
    }

    @Option(help: .taking("n", "Which row, counted from 0; all if not given."))
    var index: Int?

    @Option(
        help: .taking("how", "What is written: text with colours, one self-contained page, or JSON lines.")
    )
    var format = Format.terminal

    @OptionGroup
    var inspected: InspectionOptions

    func run() throws {
        guard index ?? 0 >= 0 else {
            throw UsageError("--index is \(index ?? 0); expected a number from 0 on")
        }
        let rows = try inspected.rows()
        var page = PreviewPage()
        var (count, tokens, counted) = (0, 0, 0)
        try DatasetInspector(rows.loader).forEachRow(in: index.map { $0..<$0 + 1 }) { _, origin, result in
            count += 1
            switch result {
            case .success(let samples):
                for sample in samples {
                    tokens += sample.sample.ids.count
                    counted += sample.sample.countedTokens
                    show(RowPreview(sample, tokenizer: rows.encoder.tokenizer), on: &page)
                }
            case .failure(let error):
                if inspected.data.strict { throw RowFailure(origin: origin, reason: "\(error)") }
                show(error, at: origin, on: &page)
            }
        }
        guard count > 0 else { throw UsageError("--index is \(index ?? 0); there are fewer rows") }
        if format == .html { Console.piece(page.html) }
        Console.note("rows: \(count), \(tokens) tokens, \(counted) of them learned")
    }

    private func show(_ preview: RowPreview, on page: inout PreviewPage) {
        switch format {
        case .terminal: Console.piece(preview.terminal(colored: Console.isOutputTerminal))
        case .html: page.append(preview)
        case .json: Console.result(preview.json.text())
        }
    }

    private func show(_ error: any Error, at origin: RowOrigin, on page: inout PreviewPage) {
        switch format {
        case .terminal: Console.result("\(origin): dropped: \(error)")
        case .html: page.append(origin, error)
        case .json:
            let line: JSON = [
                "file": .string(origin.path), "line": .int(Int64(origin.line)), "error": .string("\(error)"),
            ]
            Console.result(line.text())
        }
    }
}
