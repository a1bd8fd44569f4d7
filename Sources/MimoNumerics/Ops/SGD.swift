/// Stochastic gradient descent with momentum, in PyTorch's order of operations: the decay is added to the gradient.
public struct SGD: Sendable, Equatable {
    /// Share of the last velocity that stays; 0 keeps none.
    public var momentum: Float
    /// Whether the step looks ahead along the velocity (Nesterov 1983).
    public var isNesterov: Bool
    /// Decay of the parameters, added to their gradient.
    public var weightDecay: Float

    /// An optimizer with these settings; it keeps no state.
    public init(momentum: Float, isNesterov: Bool = false, weightDecay: Float) {
        self.momentum = momentum
        self.isNesterov = isNesterov
        self.weightDecay = weightDecay
    }

    /// One step on one tensor.
    ///
    /// - Parameters:
    ///   - parameter: Updated.
    ///   - velocity: Updated; of the parameter's shape. Not touched without momentum.
    ///   - gradient: Read.
    ///   - gradientScale: Multiplied onto the gradient first: the clipping.
    ///   - learningRate: Of this step.
    ///   - step: Counted from 1; the first velocity is the gradient.
    public func update(
        _ parameter: Tensor,
        velocity: Tensor?,
        gradient: Tensor,
        gradientScale: Float,
        learningRate: Float,
        step: Int
    ) {
        precondition(parameter.isContiguous && gradient.isContiguous && parameter.count == gradient.count)
        precondition(velocity.map { $0.isContiguous && $0.count == gradient.count } ?? (momentum == 0))
        parallelChunks(.optimizer, of: parameter.count, grain: 1 << 14) { range in
            let (p, g, v) = (parameter.pointer, gradient.pointer, velocity?.pointer)
            for index in range {
                var direction = g[index] * gradientScale + weightDecay * p[index]
                if let v, momentum != 0 {
                    v[index] = step == 1 ? direction : momentum * v[index] + direction
                    direction = isNesterov ? direction + momentum * v[index] : v[index]
                }
                p[index] -= learningRate * direction
            }
        }
    }
}
