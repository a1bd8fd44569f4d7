import MimoNumerics

/// The weight of an RMSNorm, `[1, C]`, with the place of its gradient where it is trained.
struct NormWeight: Sendable {
    var weight: Tensor
    /// Accumulated; nil where the weight is frozen.
    var gradient: Tensor?

    /// `output = norm(input)`; saves `rstd [1, rows]`.
    func forward(_ output: Tensor, rstd: Tensor, _ input: Tensor, epsilon: Float) {
        RMSNorm.forward(output, rstd: rstd, input, weight: weight, epsilon: epsilon)
    }

    /// Accumulates the weight's gradient and writes (or adds) the input's; `dInput` may be `dOutput`.
    func backward(_ dInput: Tensor, rstd: Tensor, dOutput: Tensor, _ input: Tensor, accumulate: Bool) {
        if let gradient { ColumnSums.accumulate(gradient, dOutput, times: input, factors: rstd) }
        RMSNorm.backward(
            dInput,
            rstd: rstd,
            dOutput: dOutput,
            input,
            weight: weight,
            accumulate: accumulate
        )
    }
}
