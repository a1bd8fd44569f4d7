import MimoTrain

/// Tells of a run's steps: one line that is rewritten on a terminal, a line for each line of the log elsewhere.
struct TrainingProgress {
    private var total = 0

    /// Tells of an event.
    mutating func show(_ event: TrainingEvent) {
        switch event {
        case .started(let done, let total, let remaining):
            self.total = total
            let left = Self.left(remaining, done < total)
            if Console.isTerminal {
                Console.rewrite(Self.bar(done, total, beside: left ?? ""))
            } else if let left {
                Console.note(left)
            }
        case .step(let step, let progress):
            guard Console.isTerminal else { return }
            let text = Self.text([
                "loss \(Figure.fixed(step.loss, 4))", "lr \(Figure.scientific(step.learningRate))",
                "\(Int(progress.tokensPerSecond.rounded())) tokens/s", Self.memory,
                Self.left(progress.remaining, step.step < total),
            ])
            Console.rewrite(Self.bar(step.step, total, beside: text))
        case .logged(let line):
            guard !Console.isTerminal else { return }
            Console.note(
                Self.text([
                    "step \(line.step)/\(line.totalSteps)", "epoch \(Figure.fixed(line.epoch, 2))",
                    "loss \(Figure.fixed(line.loss, 4))", "grad_norm \(Figure.fixed(line.gradientNorm, 4))",
                    "lr \(Figure.scientific(line.learningRate))",
                    "token_acc \(Figure.fixed(line.tokenAccuracy, 3))",
                    line.predictionLoss.map { "mtp_loss \(Figure.fixed($0, 4))" },
                    line.predictionAccuracy.map { "mtp_token_acc \(Figure.fixed($0, 3))" },
                    "\(Int(line.tokensPerSecond.rounded())) tokens/s", Self.memory,
                    Self.left(line.remaining, line.step < line.totalSteps),
                ])
            )
        case .evaluating(let progress):
            guard Console.isTerminal else { return }
            let text = "evaluation: \(progress.done) of \(progress.total) \(progress.kind.rawValue)"
            Console.rewrite(Self.bar(progress.step, total, beside: text))
        case .evaluated(let line):
            let metrics = line.evaluation.metrics.map { "\($0.name) \(Figure.fixed($0.value, 4))" }
            Console.note(
                Self.text(
                    ["evaluation after step \(line.step)/\(line.totalSteps)"] + metrics + [
                        "in \(LogLine.duration(line.runtime))"
                    ]
                )
            )
            for alarm in line.evaluation.alarms { Console.note("ALARM: \(alarm)") }
        case .warning(let text): Console.note("warning: \(text)")
        case .saved(let path, _): Console.note("saved \(path)")
        case .removed(let path): Console.note("removed \(path)")
        case .finished(let outcome):
            if let count = outcome.endedEarlyAfter {
                Console.note("ended early: \(count) evaluations without a better one")
            }
            if let best = outcome.bestCheckpoint { Console.note("best: \(best)") }
        }
    }

    private static func text(_ parts: [String?]) -> String { parts.compactMap { $0 }.joined(separator: "  ") }

    private static var memory: String {
        "\(Figure.fixed(Double(ProcessMemory.peakBytes) / 1_073_741_824, 1)) GiB"
    }

    private static func left(_ seconds: Double?, _ isUnfinished: Bool) -> String? {
        guard let seconds, isUnfinished else { return nil }
        return "\(LogLine.duration(seconds)) left"
    }

    /// The line of a terminal, with a bar as long as there is room for.
    private static func bar(_ step: Int, _ total: Int, beside text: String) -> String {
        let line = self.text(["\(step)/\(total)", text.isEmpty ? nil : text])
        let width = min(24, Console.columns - line.count - 2)
        guard width >= 4, total > 0 else { return line }
        let done = min(width, step * width / total)
        return String(repeating: "━", count: done) + String(repeating: "╌", count: width - done) + " " + line
    }
}
