import ArgumentParser
import MimoFiles
import MimoText

/// `mimo-nano tokenizer`: a byte-level BPE of the rows' own text.
struct TokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Train the tokenizer on generated rows and write it to a folder.",
        discussion:
            "Words are cut by the project's own pre-tokenizer, in the stages that MiMo's tokenizer.json names."
    )

    @Option(help: "The folder that gets tokenizer.json and tokenizer_config.json.")
    var output: String

    @Option(help: "Files of rows whose words count too.")
    var dataset: [String] = []

    @Option(help: "What the generated rows depend on.")
    var seed: UInt64 = 1

    @Option(help: "How many rows are generated.")
    var count = 20_000

    @Option(help: "Entries, added tokens among them.")
    var size = 4_096

    func run() throws {
        let bare = TokenizerFiles(tokens: TokenizerFiles.bytes.map { [$0] }, merges: [])
        try bare.write(to: output)
        var words = try WordCount(Tokenizer(directory: output))
        let generator = RowGenerator(seed: seed)
        for number in 0..<count { words.add(row: generator.row(number).trainingRow) }
        for path in dataset {
            let reader = try LineReader(path: path)
            while let line = try reader.next() { words.add(row: try JSON(parsing: line.bytes)) }
        }
        var trainer = BytePairTrainer(words.counts, bytes: TokenizerFiles.bytes, longestToken: 16)
        trainer.learn(upTo: size - TokenizerFiles.added.count)
        try TokenizerFiles(tokens: trainer.tokens, merges: trainer.merges).write(to: output)
        print("\(words.counts.count) words, \(trainer.merges.count) merges: \(output)/tokenizer.json")
    }
}

/// How often each word occurs in rows.
struct WordCount {
    private let tokenizer: Tokenizer
    private(set) var counts: [[UInt8]: Int] = [:]

    init(_ tokenizer: Tokenizer) { self.tokenizer = tokenizer }

    /// Counts the words of every text of a row, and of the line that ChatML puts around each.
    mutating func add(row: JSON) {
        var texts = ["query", "response"].compactMap { row[$0]?.stringValue }
        for message in row["messages"]?.arrayValue ?? [] {
            texts += [(message["role"]?.stringValue ?? "") + "\n", message["content"]?.stringValue ?? ""]
        }
        for text in texts {
            for word in tokenizer.words(of: text) { counts[word, default: 0] += 1 }
        }
    }
}
