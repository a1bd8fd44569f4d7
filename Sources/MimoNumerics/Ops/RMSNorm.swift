import CMimoKernels

/// Root mean square normalisation, Zhang and Sennrich (2019): `y = x / sqrt(mean(x²) + eps) · w`.
///
/// Shapes: x, y `[rows, C]`; w `[1, C]`; rstd `[1, rows]`. A row may also be one head of a wider row.
public enum RMSNorm {
    private static let grain = 32

    /// Writes `output` and saves `rstd` for the backward.
    public static func forward(
        _ output: Tensor,
        rstd: Tensor,
        _ input: Tensor,
        weight: Tensor,
        epsilon: Float
    ) {
        precondition(output.rows == input.rows && output.columns == input.columns)
        precondition(weight.count == input.columns && rstd.columns >= input.rows)
        parallelChunks(.norms, of: input.rows, grain: grain) { rows in
            let (o, i) = (output.rows(rows), input.rows(rows))
            kernels.rmsnorm_forward(
                o.pointer,
                rstd.pointer + rows.lowerBound,
                i.pointer,
                weight.pointer,
                epsilon,
                rows.count,
                i.columns,
                o.stride,
                i.stride
            )
        }
    }

    /// Writes or adds the gradient of the input. `dInput` may be `dOutput`.
    public static func backward(
        _ dInput: Tensor,
        rstd: Tensor,
        dOutput: Tensor,
        _ input: Tensor,
        weight: Tensor,
        accumulate: Bool
    ) {
        precondition(dInput.rows == input.rows && dOutput.rows == input.rows)
        parallelChunks(.norms, of: input.rows, grain: grain) { rows in
            let (d, o, i) = (dInput.rows(rows), dOutput.rows(rows), input.rows(rows))
            kernels.rmsnorm_backward(
                d.pointer,
                rstd.pointer + rows.lowerBound,
                o.pointer,
                i.pointer,
                weight.pointer,
                rows.count,
                i.columns,
                d.stride,
                o.stride,
                i.stride,
                accumulate ? 1 : 0
            )
        }
    }
}
