/// What became of the think blocks of many answers.
struct RetentionCount {
    private var answers = 0
    private var closed = 0
    private var empty = 0
    private var thinkTokens = 0
    private var judged = 0
    private var right = 0

    /// Counts an answer.
    mutating func add(_ answer: ThinkingAnswer, tokens: Int, isRight: Bool?) {
        answers += 1
        if answer.isClosed { closed += 1 }
        if answer.isEmpty { empty += 1 }
        thinkTokens += tokens
        if let isRight {
            judged += 1
            if isRight { right += 1 }
        }
    }

    /// Shares of all answers, the mean length of thinking in tokens, and the share of right answers among those
    /// that can be judged.
    var metrics: [Evaluation.Metric] {
        let all = Double(max(1, answers))
        var metrics: [Evaluation.Metric] = [
            .init(Self.closedName, Double(closed) / all), .init(Self.emptyName, Double(empty) / all),
            .init(Self.lengthName, Double(thinkTokens) / all),
        ]
        if judged > 0 { metrics.append(.init(Self.accuracyName, Double(right) / Double(judged))) }
        return metrics
    }

    static let closedName = "retention_closed_think"
    static let emptyName = "retention_empty_think"
    static let lengthName = "retention_think_tokens"
    static let accuracyName = "retention_accuracy"

    /// What has become worse than at the base by more than is tolerated: rates by `tolerance`, the mean length
    /// of thinking by half.
    static func alarms(_ now: Evaluation, base: Evaluation, tolerance: Double) -> [String] {
        // A rate of 9/10 - 1/10 is not quite 8/10 in binary.
        let slack = 1e-9
        var alarms: [String] = []
        func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
        if let was = base[closedName], let isNow = now[closedName], was - isNow > tolerance + slack {
            alarms.append("closed think blocks fell from \(percent(was)) to \(percent(isNow)) of the answers")
        }
        if let was = base[emptyName], let isNow = now[emptyName], isNow - was > tolerance + slack {
            alarms.append("empty think blocks rose from \(percent(was)) to \(percent(isNow)) of the answers")
        }
        if let was = base[lengthName], let isNow = now[lengthName], isNow < was / 2 - slack {
            alarms.append(
                "thinking shrank from \(Int(was.rounded())) to \(Int(isNow.rounded())) tokens on average"
            )
        }
        if let was = base[accuracyName], let isNow = now[accuracyName], was - isNow > tolerance + slack {
            alarms.append("right answers fell from \(percent(was)) to \(percent(isNow))")
        }
        return alarms
    }
}
