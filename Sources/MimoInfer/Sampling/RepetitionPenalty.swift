/// Makes tokens that have occurred, in the prompt or the answer, less likely (Keskar et al. 2019, "CTRL"):
/// positive scores are divided by the penalty, negative ones multiplied.
public struct RepetitionPenalty: SamplingStep {
    /// The penalty: 1 changes nothing, above 1 discourages, below 1 encourages.
    public let penalty: Float

    /// - Throws: ``InferError/badOption(_:found:expected:)`` unless the penalty is finite and above 0.
    public init(_ penalty: Float) throws {
        guard penalty.isFinite, penalty > 0 else {
            throw InferError.badOption(
                "repetition_penalty",
                found: "\(penalty)",
                expected: "a number above 0"
            )
        }
        self.penalty = penalty
    }

    /// Changes the scores of tokens that have occurred.
    public func apply(to candidates: inout Candidates, history: TokenHistory) {
        guard penalty != 1 else { return }
        if let ids = candidates.ids {
            for place in ids.indices where history.contains(ids[place]) {
                penalize(&candidates.scores[place])
            }
        } else {
            for id in history.distinct where Int(id) < candidates.count {
                penalize(&candidates.scores[Int(id)])
            }
        }
    }

    private func penalize(_ score: inout Float) {
        score = score < 0 ? score * penalty : score / penalty
    }
}
