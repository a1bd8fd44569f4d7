import CMimoKernels

/// What one labelled token contributed.
public struct TokenLoss: Sendable, Equatable {
    /// `-log softmax(logits)[label]`, in nats, unweighted.
    public var loss: Double
    /// Whether the label had the largest logit.
    public var isCorrect: Bool
}

/// Softmax cross entropy over rows of logits.
public enum CrossEntropy {
    /// Scores each row of `logits [rows, V]` against its label and, with weights, turns the logits into the
    /// gradient `weight · (softmax - onehot)` in place.
    ///
    /// - Parameters:
    ///   - logits: Overwritten.
    ///   - labels: One id per row, below V.
    ///   - weights: One factor per row for the gradient; nil leaves the logits' place undefined.
    /// - Returns: One entry per row, in order.
    public static func forwardBackward(_ logits: Tensor, labels: [Int32], weights: [Float]?) -> [TokenLoss] {
        precondition(labels.count == logits.rows && (weights?.count ?? labels.count) == labels.count)
        precondition(labels.allSatisfy { $0 >= 0 && Int($0) < logits.columns })
        var losses = [TokenLoss](repeating: TokenLoss(loss: 0, isCorrect: false), count: labels.count)
        losses.withUnsafeMutableBufferPointer { buffer in
            guard let start = buffer.baseAddress else { return }
            parallelFor(.loss, labels.count) { row, _ in
                var best = 0
                let loss = kernels.cross_entropy(
                    logits.pointer + row * logits.stride,
                    &best,
                    Int(labels[row]),
                    weights?[row] ?? 0,
                    weights == nil ? 0 : 1,
                    logits.columns
                )
                start[row] = TokenLoss(loss: loss, isCorrect: best == Int(labels[row]))
            }
        }
        return losses
    }
}
