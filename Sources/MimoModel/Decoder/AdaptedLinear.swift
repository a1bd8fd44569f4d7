public import MimoNumerics

/// A linear layer with an optional low-rank update: `y = W x + b + scale · B · A · dropout(x)`.
///
/// Shapes: weight `[out, in]`, bias `[1, out]`, and so their gradients, which are accumulated.
public struct AdaptedLinear: Sendable {
    /// The weight.
    public internal(set) var weight: WeightMatrix
    /// The bias.
    public internal(set) var bias: Tensor?
    /// What is trained beside it.
    public var update: LowRankUpdate?
    /// The weight's gradient; nil where the weight is frozen.
    var weightGradient: Tensor?
    /// The bias's gradient; nil where the bias is frozen.
    var biasGradient: Tensor?

    /// Outputs of one row.
    var outputs: Int { weight.rows }

    /// Whether anything here has a gradient, or may have one.
    var isTrained: Bool { update != nil || weightGradient != nil || biasGradient != nil }
}
