import MimoFiles
import MimoTrain

/// The course of right answers and of empty think blocks while the runs of each side were tuned, averaged over
/// the runs, from their logs.
struct RetentionCurves {
    private var sides: [(name: String, logs: [[JSON]])] = []

    /// Reads the logs of those runs that have one.
    init(folder: String, runs: [String]) throws {
        for run in runs where Folder.exists("\(folder)/\(run)/logging.jsonl") {
            let log = try JSONLines.read("\(folder)/\(run)/logging.jsonl")
            let name = run.split(separator: "-").dropLast().joined(separator: "-")
            if let place = sides.firstIndex(where: { $0.name == name }) {
                sides[place].logs.append(log)
            } else {
                sides.append((name, [log]))
            }
        }
    }

    /// The images with the names of their files.
    var images: [(name: String, image: CurveImage)] {
        guard !sides.isEmpty else { return [] }
        return [
            ("right-answers.svg", image("Right answers to held-out problems, %", "eval_retention_accuracy")),
            (
                "empty-thinking.svg",
                image("Answers with an empty think block, %", "eval_retention_empty_think")
            ),
        ]
    }

    private func image(_ title: String, _ measure: String) -> CurveImage {
        CurveImage(title: title, curves: sides.map { ($0.name, Self.mean($0.logs, measure)) })
    }

    private static func mean(_ logs: [[JSON]], _ measure: String) -> [(step: Double, value: Double)] {
        var sums: [Int: (sum: Double, count: Int)] = [:]
        for line in logs.joined() {
            guard let value = line[measure]?.doubleValue,
                let step = line["global_step/max_steps"]?.stringValue?.split(separator: "/").first.flatMap({
                    Int($0)
                })
            else { continue }
            let (sum, count) = sums[step] ?? (0, 0)
            sums[step] = (sum + value * 100, count + 1)
        }
        return sums.sorted { $0.key < $1.key }.map { (Double($0.key), $0.value.sum / Double($0.value.count)) }
    }
}
