/// Keeps the smallest set of best candidates whose probabilities sum to p (Holtzman et al. 2020, "nucleus
/// sampling"), at least one.
public struct TopP: SamplingStep {
    /// The probability that is kept.
    public let p: Float

    /// - Throws: ``InferError/badOption(_:found:expected:)`` unless p is above 0 and at most 1.
    public init(_ p: Float) throws {
        guard p > 0, p <= 1 else {
            throw InferError.badOption("top_p", found: "\(p)", expected: "a number above 0 and at most 1")
        }
        self.p = p
    }

    /// Drops candidates.
    public func apply(to candidates: inout Candidates, history: TokenHistory) {
        guard p < 1 else { return }
        let (weights, sum) = candidates.weights()
        let wanted = Double(p) * sum
        var kept: [Int] = []
        var mass = 0.0
        for place in Self.likely(weights, mass: wanted) {
            guard kept.isEmpty || mass < wanted else { break }
            kept.append(place)
            mass += Double(weights[place])
        }
        candidates.keep(kept)
    }

    /// Places in falling order of weight, as many as reach a mass or more; only those that may be needed are
    /// sorted, which of a vocabulary are few.
    private static func likely(_ weights: [Float], mass wanted: Double) -> [Int] {
        // The largest weight is 1.
        var floor: Float = 1e-2
        while true {
            var places: [Int] = []
            var mass = 0.0
            for place in weights.indices where weights[place] >= floor {
                places.append(place)
                mass += Double(weights[place])
            }
            if mass >= wanted || places.count == weights.count || floor == 0 {
                return places.sorted { (weights[$0], $1) > (weights[$1], $0) }
            }
            floor = floor > 1e-30 ? floor * 1e-2 : 0
        }
    }
}
