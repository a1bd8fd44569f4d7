import MimoFiles
import MimoTrain

/// How many answers were right, by kind and language.
struct Score {
    private var groups: [(name: String, right: Int, count: Int)] = []

    /// Scores the answers to questions with an `answer`; others are passed over.
    init(_ questions: [JSON], _ answers: [String]) {
        let kinds = ProblemKind.allCases.map(\.rawValue)
        for kind in kinds {
            for language in Language.allCases { groups.append(("\(kind), \(language.rawValue)", 0, 0)) }
        }
        groups.append(("all", 0, 0))
        for (question, answer) in zip(questions, answers) {
            guard let expected = question["answer"]?.stringValue else { continue }
            let name = "\(question["kind"]?.stringValue ?? ""), \(question["language"]?.stringValue ?? "")"
            for place in groups.indices where groups[place].name == name || groups[place].name == "all" {
                groups[place].count += 1
                if Self.lastNumber(of: answer) == Int(expected) { groups[place].right += 1 }
            }
        }
    }

    /// The last number of what follows the thinking.
    static func lastNumber(of text: String) -> Int? {
        ThinkingAnswer(text).answer.split { !$0.isWholeNumber }.last.flatMap { Int($0) }
    }

    /// A table of groups by columns.
    static func table(_ scores: [Score], titles: [String]) -> String {
        var lines = [
            "| | " + titles.joined(separator: " | ") + " |",
            "| --- |" + titles.map { _ in " --- |" }.joined(),
        ]
        for (place, group) in (scores.first?.groups ?? []).enumerated() where group.count > 0 {
            let cells = scores.map { score in
                let (_, right, count) = score.groups[place]
                let share = Figure.fixed(100 * Double(right) / Double(count), 1)
                return "\(share) % (\(right) of \(count))"
            }
            lines.append("| \(group.name) | " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }
}
