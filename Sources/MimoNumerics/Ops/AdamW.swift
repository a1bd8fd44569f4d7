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
    /// Decay of the parameters, per unit of learning rate.
    public var weightDecay: Float

    /// An optimizer with these settings; it keeps no state.
    public init(beta1: Float, beta2: Float, epsilon: Float, weightDecay: Float) {
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.weightDecay = weightDecay
    }

    /// One step on one tensor.
    ///
    /// - Parameters:
    ///   - parameter: Updated, with its moments, which all have one shape.
    ///   - firstMoment: Running mean of the gradient.
    ///   - secondMoment: Running mean of its square.
    ///   - gradient: Read.
    ///   - gradientScale: Multiplied onto the gradient first: the clipping.
    ///   - learningRate: Of this step.
    ///   - step: Counted from 1.
    public func update(
        _ parameter: Tensor,
        firstMoment: Tensor,
        secondMoment: Tensor,
        gradient: Tensor,
        gradientScale: Float,
        learningRate: Float,
        step: Int
    ) {
        precondition(parameter.isContiguous && gradient.isContiguous && parameter.count == gradient.count)
        let correction1 = 1 - power(Double(beta1), step)
        let correction2 = (1 - power(Double(beta2), step)).squareRoot()
        parallelChunks(.optimizer, of: parameter.count, grain: 1 << 14) { range in
            let i = range.lowerBound
            kernels.adamw(
                parameter.pointer + i,
                firstMoment.pointer + i,
                secondMoment.pointer + i,
                gradient.pointer + i,
                gradientScale,
                learningRate,
                beta1,
                beta2,
                epsilon,
                weightDecay,
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
