import ArgumentParser
import MimoFiles
import MimoText
import MimoTrain

/// `mimo-nano retention`: what tuning did to thinking, from the answers of several models.
struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Tabulate what became of thinking, identity and right answers, and draw its course.",
        discussion: """
            FOLDER has problems.jsonl, and for each run a folder with the results of `mimo-sft infer` on problems \
            and on questions of identity (`problems`, `identity`) and the run's logging.jsonl. Runs are named \
            SIDE-SEED; runs of a side are averaged, and a run without a seed stands for itself.
            """
    )

    @Argument(help: "The folder.")
    var folder: String

    @Option(help: "A name that a model must say to know who it is: one, or the Chinese and the English one.")
    var name: [String]

    @Option(help: "The model whose tokenizer counts tokens.")
    var model: String

    @Option(parsing: .upToNextOption, help: "The runs, in the order of the table.")
    var runs: [String]

    func run() throws {
        let tokenizer = try Tokenizer(directory: model)
        let problems = try JSONLines.read("\(folder)/problems.jsonl")
        let outcomes = try runs.map { run in
            let answers = try JSONLines.read("\(folder)/\(run)/problems")
            guard answers.count == problems.count else {
                throw ValidationError(
                    "\(folder)/\(run)/problems has \(answers.count) results; expected \(problems.count)"
                )
            }
            return RetentionOutcome(
                run: run,
                problems: problems,
                answers: answers,
                identity: try JSONLines.read("\(folder)/\(run)/identity"),
                names: name,
                tokenizer: tokenizer
            )
        }
        let table = RetentionTable(outcomes).markdown
        print(table)
        try AtomicFile.write(table + "\n", to: "\(folder)/retention.md")
        let curves = try RetentionCurves(folder: folder, runs: runs)
        for (name, image) in curves.images { try AtomicFile.write(image.svg, to: "\(folder)/\(name)") }
    }
}
