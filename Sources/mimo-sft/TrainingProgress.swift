import MimoTrain

/// Tells of a run's steps: one line that is rewritten on a terminal, a line for each line of the log elsewhere.
struct TrainingProgress {
    private var total = 0

    /// Tells of an event.
    mutating func show(_ event: TrainingEvent) {
        switch event {
        case .started(let done, let total):
            self.total = total
            if Console.isTerminal { Console.rewrite(Self.bar(done, total)) }
        case .step(let step, let progress):
            guard Console.isTerminal else { return }
            Console.rewrite(
                Self.line(
                    step.step,
                    of: progress.total,
                    loss: step.loss,
                    rate: step.learningRate,
                    speed: progress.tokensPerSecond,
                    remaining: progress.remaining
                )
            )
        case .logged(let line):
            guard !Console.isTerminal else { return }
            Console.note(
                Self.line(
                    line.step,
                    of: line.totalSteps,
                    loss: line.loss,
                    rate: line.learningRate,
                    speed: line.tokensPerSecond,
                    remaining: line.remaining
                )
            )
        case .saved(let path, _): Console.note("saved \(path)")
        case .removed(let path): Console.note("removed \(path)")
        case .finished: break
        }
    }

    private static func line(
        _ step: Int,
        of total: Int,
        loss: Double,
        rate: Double,
        speed: Double,
        remaining: Double?
    ) -> String {
        var parts = [
            Console.isTerminal ? bar(step, total) : "step \(step)/\(total)",
            "loss \(fixed(loss, 4))", "lr \(scientific(rate))", "\(Int(speed.rounded())) tokens/s",
            "\(fixed(Double(ProcessMemory.peakBytes) / 1_073_741_824, 1)) GiB",
        ]
        if let remaining, step < total { parts.append("\(LogLine.duration(remaining)) left") }
        return parts.joined(separator: "  ")
    }

    private static func bar(_ step: Int, _ total: Int) -> String {
        let width = 20
        let done = total > 0 ? min(width, step * width / total) : 0
        let bar = String(repeating: "━", count: done) + String(repeating: "╌", count: width - done)
        return "\(bar) \(step)/\(total)"
    }

    /// A number with so many decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let digits = String(scaled % scale)
        let fraction = String(repeating: "0", count: decimals - digits.count) + digits
        return "\(value < 0 && scaled > 0 ? "-" : "")\(scaled / scale).\(fraction)"
    }

    /// A number with three digits and its power of ten: 9.81e-05.
    static func scientific(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        var exponent = 0
        var mantissa = abs(value)
        while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        if fixed(mantissa, 2) == "10.00" { (mantissa, exponent) = (1, exponent + 1) }
        return "\(value < 0 ? "-" : "")\(fixed(mantissa, 2))e\(exponent)"
    }
}
