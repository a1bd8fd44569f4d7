/// Drops candidates whose probability is below a share of the best one's (Nguyen et al. 2024).
public struct MinP: SamplingStep {
    /// The share of the best candidate's probability.
    public let p: Float

    /// - Throws: ``InferError/badOption(_:found:expected:)`` unless p is from 0 to 1.
    public init(_ p: Float) throws {
        guard p >= 0, p <= 1 else {
            throw InferError.badOption("min_p", found: "\(p)", expected: "a number from 0 to 1")
        }
        self.p = p
    }

    /// Drops candidates.
    public func apply(to candidates: inout Candidates, history: TokenHistory) {
        guard p > 0 else { return }
        // The best one's weight is 1, so that weights are shares of it.
        let weights = candidates.weights().weights
        candidates.keep(weights.indices.filter { weights[$0] >= p })
    }
}
