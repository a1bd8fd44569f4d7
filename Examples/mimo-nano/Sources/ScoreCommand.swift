import ArgumentParser
import MimoFiles

/// `mimo-nano score`: how many answers are right.
struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Score what `mimo-sft infer --val_dataset` made of held-out rows, as a table in Markdown.",
        discussion: "An answer is right when its last number is the row's, and no more is asked of it."
    )

    @Option(help: "The rows that were asked, as mimo-nano rows --held-out writes them.")
    var rows: String

    @Argument(help: "Files of results, a column each.")
    var results: [String]

    func run() throws {
        let questions = try JSONLines.read(rows)
        let columns = try results.map { path in
            let answers = try JSONLines.read(path).map { $0["response"]?.stringValue ?? "" }
            guard answers.count == questions.count else {
                throw ValidationError("\(path) has \(answers.count) results; expected \(questions.count)")
            }
            return Score(questions, answers)
        }
        print(Score.table(columns, titles: results.map { Folder.name(of: $0) }))
    }
}
