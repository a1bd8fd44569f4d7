import MimoNumerics

/// What the targets of a pass were scored as.
public struct TargetScore: Sendable, Equatable {
    /// Sum of `weight · cross entropy` over the targets, in nats.
    public var weightedLoss = 0.0
    /// Number of targets.
    public var targets = 0
    /// How many targets had the largest logit.
    public var correct = 0

    /// Nothing scored.
    public init() {}

    /// Adds what another pass found.
    public mutating func add(_ other: TargetScore) {
        weightedLoss += other.weightedLoss
        targets += other.targets
        correct += other.correct
    }

    /// The loss per target, in nats; 0 where there is none.
    public var loss: Double { targets > 0 ? weightedLoss / Double(targets) : 0 }
}

extension TrainingPass {
    /// Rows of logits at a time: no `[tokens, vocabulary]` matrix exists. Whole register tiles of any kernel.
    private static let headRows = 252

    /// Loss of targets and, with a divisor, its gradients: the head's and that of the rows it reads.
    ///
    /// - Parameters:
    ///   - targets: By rising token.
    ///   - places: Each target's row in `normed`.
    ///   - normed: The head's inputs, `[W, C]`.
    ///   - dNormed: Added to, `[W, C]`; nil where nobody asks.
    ///   - divisor: What each weighted cross entropy is divided by in the step's loss; nil only scores.
    /// - Returns: The score, undivided.
    func score(
        _ targets: [TrainingPack.Target],
        at places: [Int],
        normed: Tensor,
        dNormed: Tensor?,
        divisor: Double?
    ) -> TargetScore {
        var score = TargetScore()
        for start in stride(from: 0, to: targets.count, by: Self.headRows) {
            let chunk = start..<min(start + Self.headRows, targets.count)
            let mark = scratch.mark
            let rows = scratch.tensor(rows: chunk.count, columns: normed.columns)
            let logits = scratch.tensor(rows: chunk.count, columns: decoder.head.rows)
            Elementwise.gatherRows(rows, from: normed, Array(places[chunk]))
            gemm.multiply([Product(logits, [.forward(rows, decoder.head)])])
            let targets = targets[chunk]
            let losses = CrossEntropy.forwardBackward(
                logits,
                labels: targets.map(\.label),
                weights: divisor.map { divisor in targets.map { Float(Double($0.weight) / divisor) } },
                smoothing: labelSmoothing
            )
            for (target, loss) in zip(targets, losses) {
                score.weightedLoss += Double(target.weight) * loss.loss
                score.targets += 1
                score.correct += loss.isCorrect ? 1 : 0
            }
            if divisor != nil, let gradient = decoder.headGradient {
                gemm.multiply([Product(gradient, [.weightGradient(logits, rows)])], accumulate: true)
            }
            if divisor != nil, let dNormed {
                gemm.multiply([Product(rows, [.backward(logits, decoder.head)])])
                Elementwise.scatterAddRows(dNormed, from: rows, Array(places[chunk]))
            }
            scratch.release(to: mark)
        }
        return score
    }

    /// The tokens of targets, each once.
    static func distinct(_ rising: [Int]) -> [Int] {
        rising.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    /// Where each token stands among the distinct ones.
    static func places(of tokens: [Int], in distinct: [Int]) -> [Int] {
        var place = 0
        return tokens.map { token in
            while distinct[place] < token { place += 1 }
            return place
        }
    }
}
