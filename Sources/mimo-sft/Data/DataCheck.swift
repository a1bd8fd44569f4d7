import ArgumentParser
import MimoData
import MimoFiles
import MimoText

/// `mimo-sft data check`: gives every row a verdict.
struct DataCheck: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check every row, and say what is dropped or odd and where.",
        discussion: "Exit code 0 where all rows are used and none is odd, 1 where not."
    )

    @Option(help: .taking("file", "File that gets a JSON object for each row."))
    var report: String?

    @OptionGroup
    var inspected: InspectionOptions

    func run() throws {
        let rows = try inspected.rows()
        let file = try report.map { try AtomicFile(path: $0) }
        var buffer: [UInt8] = []
        let summary = try DataDoctor(rows.loader).check { check in
            for line in check.lines { Console.result(line) }
            guard let file else { return }
            buffer += Array(check.json.text().utf8) + [UInt8(ascii: "\n")]
            if buffer.count > 1 << 20 {
                try file.append(buffer)
                buffer.removeAll(keepingCapacity: true)
            }
        }
        try file?.append(buffer)
        try file?.commit()
        Console.result(summary.description)
        guard summary.isFine else { throw ExitCode.failure }
    }
}

/// `mimo-sft data check-tokens`: proves that the tokens of training are those of inference.
struct DataCheckTokens: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-tokens",
        abstract: "Check that the tokens trained on are those that inference meets.",
        discussion: "Exit code 0 where they are in all rows, 1 where not."
    )

    @OptionGroup
    var inspected: InspectionOptions

    func run() throws {
        let rows = try inspected.rows()
        let check = TokenCheck(rows.encoder)
        var (count, skipped, mismatched) = (0, 0, 0)
        try DatasetRows(options: rows.loader.options).forEach { row, origin in
            count += 1
            do {
                let mismatches = try check.mismatches(in: Conversation(row: row.get()))
                for mismatch in mismatches { Console.result("\(origin): \(mismatch)") }
                mismatched += mismatches.isEmpty ? 0 : 1
            } catch {
                skipped += 1
                Console.note("\(origin): not checked: \(error)")
            }
        }
        Console.result(
            "\(count) rows: \(count - skipped - mismatched) with equal tokens, \(mismatched) with others, "
                + "\(skipped) not checked"
        )
        guard mismatched == 0, skipped == 0 else { throw ExitCode.failure }
    }
}
