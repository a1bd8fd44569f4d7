/// Divides the scores: below 1 the likely become likelier, above 1 less so.
public struct Temperature: SamplingStep {
    /// What the scores are divided by.
    public let value: Float

    /// - Throws: ``InferError/badOption(_:found:expected:)`` unless the value is finite and above 0. (A
    ///   temperature of 0 means greedy decoding: no step at all.)
    public init(_ value: Float) throws {
        guard value.isFinite, value > 0 else {
            throw InferError.badOption("temperature", found: "\(value)", expected: "a number above 0")
        }
        self.value = value
    }

    /// Divides the scores.
    public func apply(to candidates: inout Candidates, history: TokenHistory) {
        // Only differences count; from the best one down, no temperature however small makes infinity of it.
        let highest = candidates.scores.max() ?? 0
        candidates.scores.withUnsafeMutableBufferPointer { scores in
            for place in scores.indices { scores[place] = (scores[place] - highest) / value }
        }
    }
}
