/// Stochastic gradient descent with momentum, in PyTorch's order of operations: the decay is added to the gradient.
public struct SGD: Sendable, Equatable {
    /// Share of the last velocity that stays; 0 keeps none.
    public var momentum: Float
    /// Whether the step looks ahead along the velocity (Nesterov 1983).
    public var isNesterov: Bool

    /// An optimizer with these settings; it keeps no state.
    public init(momentum: Float, isNesterov: Bool = false) {
        self.momentum = momentum
        self.isNesterov = isNesterov
    }

    /// Steps tensors, whose moment is the velocity; without momentum they have none.
    ///
    /// - Parameters:
    ///   - parameters: What is stepped.
    ///   - gradientScale: Multiplied onto the gradients first: the clipping.
    ///   - step: Counted from 1; the first velocity is the gradient.
    public func update(_ parameters: [ParameterStep], gradientScale: Float, step: Int) {
        precondition(momentum == 0 || parameters.allSatisfy { $0.moments.count == 1 })
        parallelChunks(.optimizer, ofEach: parameters.map(\.parameter.count), grain: ParameterStep.grain) {
            number,
            range in
            let one = parameters[number]
            let (p, g, v) = (one.parameter.pointer, one.gradient.pointer, one.moments.first?.pointer)
            for index in range {
                var direction = g[index] * gradientScale + one.weightDecay * p[index]
                if let v, momentum != 0 {
                    v[index] = step == 1 ? direction : momentum * v[index] + direction
                    direction = isNesterov ? direction + momentum * v[index] : v[index]
                }
                p[index] -= one.learningRate * direction
            }
        }
    }
}
