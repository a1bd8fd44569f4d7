import CMimoKernels

/// AdamW, Loshchilov and Hutter (2019), in PyTorch's order of operations: the decay is decoupled and applies
/// before the step.
public struct AdamW: Sendable, Equatable {
    /// Decay of the first moment's average.
    public var beta1: Float
    /// Decay of the second moment's average.
    public var beta2: Float
    /// Added to the root of the second moment.
    public var epsilon: Float

    /// An optimizer with these settings; it keeps no state.
    public init(beta1: Float, beta2: Float, epsilon: Float) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
    }

    /// Steps tensors, whose moments are the running means of the gradient and of its square.
    ///
    /// - Parameters:
    ///   - parameters: What is stepped.
    ///   - gradientScale: Multiplied onto the gradients first: the clipping.
    ///   - step: Counted from 1.
    public func update(_ parameters: [ParameterStep], gradientScale: Float, step: Int) {
        let correction1 = 1 - power(Double(beta1), step)
        let correction2 = (1 - power(Double(beta2), step)).squareRoot()
        parallelChunks(.optimizer, ofEach: parameters.map(\.parameter.count), grain: ParameterStep.grain) {
            index,
            range in
            let (one, i) = (parameters[index], range.lowerBound)
            kernels.adamw(
                one.parameter.pointer + i,
                one.moments[0].pointer + i,
                one.moments[1].pointer + i,
                one.gradient.pointer + i,
                gradientScale,
                one.learningRate,
                beta1,
                beta2,
                epsilon,
                one.weightDecay,
                correction1,
                correction2,
                range.count
            )
        }
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
