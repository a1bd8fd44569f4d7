/// One trained tensor, as an optimizer steps it. All of its tensors are contiguous and of one shape.
public struct ParameterStep {
    let parameter: Tensor
    let gradient: Tensor
    /// What the optimizer remembers of the tensor.
    let moments: [Tensor]
    let learningRate: Float
    let weightDecay: Float

    /// A step of `parameter`, which is updated with its moments, along `gradient`.
    public init(
        _ parameter: Tensor,
        gradient: Tensor,
        moments: [Tensor],
        learningRate: Float,
        weightDecay: Float
    ) {
        precondition(
            ([parameter, gradient] + moments).allSatisfy { $0.isContiguous && $0.count == parameter.count }
        )
        self.parameter = parameter
        self.gradient = gradient
        self.moments = moments
        self.learningRate = learningRate
        self.weightDecay = weightDecay
    }

    /// Elements that a thread steps at a time.
    static let grain = 1 << 14
}
