import ArgumentParser
import MimoFiles

/// `mimo-nano rows`: rows to learn from, or to be asked.
struct RowsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Write rows, a JSON object a line.",
        discussion: """
            The same seed gives the same rows, and the first of many are the rows of few. One problem in 16 is \
            never in a row to learn from, in whatever words or language; --held-out asks only those.
            """
    )

    @Option(help: "What the rows depend on.")
    var seed: UInt64 = 1

    @Option(help: "How many rows.")
    var count = 1_000

    @Flag(help: "Questions that are kept out of training, with what is right, and no answers to learn.")
    var heldOut = false

    @Option(
        parsing: .upToNextOption,
        help:
            "What the rows are about: problems, identity, talk, facts, introductions, echo; by default the first four."
    )
    var topic: [RowGenerator.Topic] = []

    @Option(
        help: "The self-cognition rows that introductions are made of; one in each language if not given."
    )
    var introductions: String?

    @Flag(help: "Every fourth row is a conversation that goes from one thing to another.")
    var wander = false

    @Flag(help: "One thought for all questions about the model.")
    var oneThought = false

    func run() throws {
        var generator = RowGenerator(seed: seed, isHeldOut: heldOut)
        if !topic.isEmpty { generator.topics = topic }
        generator.wanders = wander
        generator.thinksAlikeOfItself = oneThought
        if let introductions { generator.introductions = try Introductions(path: introductions) }
        for number in 0..<count {
            let row = generator.row(number)
            print((heldOut ? row.question : row.trainingRow).text())
        }
    }
}

extension RowGenerator.Topic: ExpressibleByArgument {}
