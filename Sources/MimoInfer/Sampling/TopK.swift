/// Keeps the k best candidates, and those that tie with the last of them (Fan et al. 2018).
public struct TopK: SamplingStep {
    /// How many are kept.
    public let k: Int

    /// - Throws: ``InferError/badOption(_:found:expected:)`` unless k is at least 1.
    public init(_ k: Int) throws {
        guard k >= 1 else {
            throw InferError.badOption("top_k", found: "\(k)", expected: "at least 1, or 0 for no limit")
        }
        self.k = k
    }

    /// Drops candidates.
    public func apply(to candidates: inout Candidates, history: TokenHistory) {
        guard k < candidates.count else { return }
        let threshold = Self.largest(k, of: candidates.scores)
        candidates.keep(candidates.scores.indices.filter { candidates.scores[$0] >= threshold })
    }

    /// The k-th largest score, by a heap of the k best so far: one comparison for nearly every score.
    static func largest(_ k: Int, of scores: [Float]) -> Float {
        var heap = Array(scores[..<k])
        for root in stride(from: k / 2 - 1, through: 0, by: -1) { sift(&heap, root) }
        scores.withUnsafeBufferPointer { scores in
            for place in k..<scores.count where scores[place] > heap[0] {
                heap[0] = scores[place]
                sift(&heap, 0)
            }
        }
        return heap[0]
    }

    /// Lets the value at `start` sink in a heap whose root is the smallest.
    private static func sift(_ heap: inout [Float], _ start: Int) {
        var place = start
        while true {
            var smallest = place
            for child in 2 * place + 1..<2 * place + 3
            where child < heap.count && heap[child] < heap[smallest] {
                smallest = child
            }
            guard smallest != place else { return }
            heap.swapAt(smallest, place)
            place = smallest
        }
    }
}
