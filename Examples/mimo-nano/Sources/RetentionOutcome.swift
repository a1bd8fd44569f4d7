import MimoFiles
import MimoText
import MimoTrain

/// What one model's answers say of its thinking.
struct RetentionOutcome {
    var run: String
    /// The share of questions of identity that are answered with the name.
    var named: Double
    /// The share of those answers that begin with an empty think block.
    var emptyNamed: Double
    /// Of the answers to problems: the shares with a closed block and with an empty one.
    var closed: Double
    var empty: Double
    /// Tokens of thinking in an answer to a problem, on average.
    var tokens: Double
    /// The share of problems that are answered rightly.
    var right: Double

    /// The runs of a side have all of their name in front of the last hyphen in common.
    var side: String {
        let parts = run.split(separator: "-")
        return parts.count > 1 ? parts.dropLast().joined(separator: "-") : run
    }

    init(
        run: String,
        problems: [JSON],
        answers: [JSON],
        identity: [JSON],
        names: [String],
        tokenizer: Tokenizer
    ) {
        let texts = answers.map { $0["response"]?.stringValue ?? "" }
        let thoughts = texts.map { ThinkingAnswer($0) }
        let introductions = identity.map { ThinkingAnswer($0["response"]?.stringValue ?? "") }
        func share(_ count: Int, _ whole: Int) -> Double { Double(count) / Double(max(1, whole)) }
        self.run = run
        named = share(
            introductions.count { answer in names.contains { !answer.answer.ranges(of: $0).isEmpty } },
            introductions.count
        )
        emptyNamed = share(introductions.count { $0.isEmpty }, introductions.count)
        closed = share(thoughts.count { $0.isClosed }, thoughts.count)
        empty = share(thoughts.count { $0.isEmpty }, thoughts.count)
        tokens =
            Double(thoughts.reduce(0) { $0 + tokenizer.encode($1.thinking ?? "").count })
            / Double(max(1, thoughts.count))
        let right = zip(problems, texts).count { problem, text in
            Score.lastNumber(of: text) == problem["answer"]?.stringValue.flatMap { Int($0) }
        }
        self.right = share(right, problems.count)
    }
}
