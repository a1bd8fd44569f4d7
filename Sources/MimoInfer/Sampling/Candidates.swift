import MimoNumerics

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// The tokens that may come next, with their scores: at first the model's logits of the whole vocabulary, then
/// what the sampling steps leave of it.
public struct Candidates: Sendable {
    /// Unnormalised log-probabilities; the steps change and drop them.
    public internal(set) var scores: [Float]
    /// The tokens that the scores belong to; nil while score i is that of id i.
    public internal(set) var ids: [Int32]?

    /// All ids from 0, with their logits.
    public init(logits: [Float]) {
        scores = logits
    }

    /// Number of candidates.
    public var count: Int { scores.count }

    /// The token at a place.
    public func id(at place: Int) -> Int32 {
        ids?[place] ?? Int32(place)
    }

    /// The place of the best score; the first of equals. nil where the scores are not numbers.
    public var best: Int? { Argmax.place(in: scores) }

    /// Keeps the places, in their order.
    mutating func keep(_ places: [Int]) {
        ids = places.map(id(at:))
        scores = places.map { scores[$0] }
    }

    /// exp(score − highest), and their sum.
    func weights() -> (weights: [Float], sum: Double) {
        let highest = scores.max() ?? 0
        var sum = 0.0
        let weights = scores.map { score in
            let weight = expf(score - highest)
            sum += Double(weight)
            return weight
        }
        return (weights, sum)
    }

    /// A token drawn with the softmax of the scores as its probability.
    ///
    /// - Parameter uniform: A number from 0 up to but not 1.
    /// - Returns: The token.
    func draw(_ uniform: Double) -> Int32 {
        let (weights, sum) = weights()
        var rest = uniform * sum
        var last = 0
        for place in weights.indices where weights[place] > 0 {
            last = place
            rest -= Double(weights[place])
            if rest < 0 { break }
        }
        return id(at: last)
    }
}
