import ArgumentParser
import MimoFiles
import MimoText

/// `mimo-sft-bench text`: how fast text becomes tokens, on one thread.
struct TextBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "text",
        abstract: "Tokenizer throughput on one thread, and the time to load it."
    )

    @Option(help: "Folder of the tokenizer.") var model: String
    @Option(help: "A file of rows, whose lines are the text.") var dataset: String
    @Option(help: "Rounds over the file; the best counts.") var rounds = 3

    func run() throws {
        let start = ContinuousClock.now
        let tokenizer = try Tokenizer(directory: model)
        let loaded = start.duration(to: .now).inSeconds
        let reader = try LineReader(path: dataset)
        var lines: [String] = []
        while let line = try reader.next() { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        let bytes = lines.reduce(0) { $0 + $1.utf8.count }
        var (best, tokens) = (Double.infinity, 0)
        for _ in 0..<max(1, rounds) {
            let begin = ContinuousClock.now
            tokens = lines.reduce(0) { $0 + tokenizer.encode($1).count }
            best = min(best, begin.duration(to: .now).inSeconds)
        }
        print(
            "tokenizer: loaded in \(Figures.fixed(loaded, 3)) s; \(lines.count) lines, "
                + "\(Figures.fixed(Double(bytes) / best / 1e6, 2)) MB/s, "
                + "\(Figures.fixed(Double(tokens) / best / 1e6, 3)) million tokens/s"
        )
    }
}
