import MimoTrain

/// Outcomes in Markdown: a line for each run, and one for the mean of each side that has several.
struct RetentionTable {
    private let outcomes: [RetentionOutcome]

    init(_ outcomes: [RetentionOutcome]) { self.outcomes = outcomes }

    var markdown: String {
        var lines = [
            "| | knows its name | closed think blocks | empty ones | thinking, tokens | right answers | empty when asked who it is |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for outcome in outcomes { lines.append(line(outcome.run, [outcome])) }
        var sides: [String] = []
        for outcome in outcomes where !sides.contains(outcome.side) { sides.append(outcome.side) }
        for side in sides {
            let runs = outcomes.filter { $0.side == side }
            if runs.count > 1 { lines.append(line("**\(side)**, mean of \(runs.count)", runs)) }
        }
        return lines.joined(separator: "\n")
    }

    private func line(_ title: String, _ runs: [RetentionOutcome]) -> String {
        func mean(_ value: (RetentionOutcome) -> Double) -> Double {
            runs.reduce(0) { $0 + value($1) } / Double(runs.count)
        }
        func percent(_ value: (RetentionOutcome) -> Double) -> String {
            Figure.fixed(mean(value) * 100, 1) + " %"
        }
        let cells = [
            title, percent(\.named), percent(\.closed), percent(\.empty), Figure.fixed(mean(\.tokens), 1),
            percent(\.right), percent(\.emptyNamed),
        ]
        return "| " + cells.joined(separator: " | ") + " |"
    }
}
