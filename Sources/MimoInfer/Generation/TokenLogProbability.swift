#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// How likely the model found a token, in nats, by its own logits: before any sampling step.
public struct TokenLogProbability: Sendable, Equatable {
    /// A token and its log-probability.
    public struct Alternative: Sendable, Equatable {
        /// The token.
        public var id: Int32
        /// Its log-probability.
        public var logProbability: Double

        /// A token and its log-probability.
        public init(id: Int32, logProbability: Double) {
            self.id = id
            self.logProbability = logProbability
        }
    }

    /// The token.
    public var id: Int32
    /// Its log-probability.
    public var logProbability: Double
    /// The most likely tokens at its place, the best first.
    public var top: [Alternative]

    /// Reads a token's log-probability, and those of the most likely tokens, from the logits of its place.
    public init(of id: Int32, in logits: [Float], top count: Int) {
        let level = Self.logSumExp(logits)
        self.id = id
        logProbability = Double(logits[Int(id)]) - level
        top = []
        guard count > 0 else { return }
        let threshold = count < logits.count ? TopK.largest(count, of: logits) : -.infinity
        top = logits.indices.filter { logits[$0] >= threshold }
            .sorted { (logits[$0], $1) > (logits[$1], $0) }
            .prefix(count)
            .map { Alternative(id: Int32($0), logProbability: Double(logits[$0]) - level) }
    }

    /// log Σ exp(logits), summed in double: over a large vocabulary a float sum loses digits.
    static func logSumExp(_ logits: [Float]) -> Double {
        let highest = logits.max() ?? 0
        var sum = 0.0
        for logit in logits { sum += exp(Double(logit - highest)) }
        return Double(highest) + log(sum)
    }
}
