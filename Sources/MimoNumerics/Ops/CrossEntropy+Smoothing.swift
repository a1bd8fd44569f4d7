import CMimoKernels

extension CrossEntropy {
    /// As ``forwardBackward(_:labels:weights:)``, with a share of each label spread over the whole vocabulary
    /// (Szegedy et al. 2016): `(1 - ε) · CE + ε · mean over v of -log softmax(logits)[v]`, as transformers has it.
    ///
    /// Smoothing adds `ε · (logits[label] - mean(logits))` to the loss, and `ε · (onehot - 1/V)` to its gradient.
    public static func forwardBackward(
        _ logits: Tensor,
        labels: [Int32],
        weights: [Float]?,
        smoothing: Float
    ) -> [TokenLoss] {
        guard smoothing > 0 else { return forwardBackward(logits, labels: labels, weights: weights) }
        var margins = [Double](repeating: 0, count: labels.count)
        margins.withUnsafeMutableBufferPointer { buffer in
            parallelFor(.loss, labels.count) { row, _ in
                let start = logits.pointer + row * logits.stride
                var sum = 0.0
                for column in 0..<logits.columns { sum += Double(start[column]) }
                buffer[row] = Double(start[Int(labels[row])]) - sum / Double(logits.columns)
            }
        }
        var losses = forwardBackward(logits, labels: labels, weights: weights)
        for row in losses.indices { losses[row].loss += Double(smoothing) * margins[row] }
        guard let weights else { return losses }
        parallelFor(.loss, labels.count) { row, _ in
            let start = logits.pointer + row * logits.stride
            let spread = weights[row] * smoothing
            let each = spread / Float(logits.columns)
            for column in 0..<logits.columns { start[column] -= each }
            start[Int(labels[row])] += spread
        }
        return losses
    }
}
