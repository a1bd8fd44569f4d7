import CMimoKernels

/// Root mean square normalisation, Zhang and Sennrich (2019): `y = x / sqrt(mean(x²) + eps) · w`.
///
/// Shapes: x, y `[rows, n · C]`, of which each of the n pieces is normalised on its own, as heads are; w `[1, C]`;
/// rstd `[1, rows · n]`.
public enum RMSNorm {
    private static let grain = 16

    /// Writes `output` and saves `rstd` for the backward.
    public static func forward(
        _ output: Tensor,
        rstd: Tensor,
        _ input: Tensor,
        weight: Tensor,
        epsilon: Float
    ) {
        precondition(output.rows == input.rows && output.columns == input.columns)
        let pieces = pieces(of: input, weight)
        precondition(rstd.columns >= input.rows * pieces)
        parallelChunks(.norms, of: input.rows, grain: grain) { rows in
            for run in Run.runs(rows, pieces: pieces) {
                kernels.rmsnorm_forward(
                    output.pointer + run.row * output.stride,
                    rstd.pointer + run.row * pieces,
                    input.pointer + run.row * input.stride,
                    weight.pointer,
                    epsilon,
                    run.count,
                    weight.count,
                    pieces > 1 ? weight.count : output.stride,
                    pieces > 1 ? weight.count : input.stride
                )
            }
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
        let pieces = pieces(of: input, weight)
        parallelChunks(.norms, of: input.rows, grain: grain) { rows in
            for run in Run.runs(rows, pieces: pieces) {
                kernels.rmsnorm_backward(
                    dInput.pointer + run.row * dInput.stride,
                    rstd.pointer + run.row * pieces,
                    dOutput.pointer + run.row * dOutput.stride,
                    input.pointer + run.row * input.stride,
                    weight.pointer,
                    run.count,
                    weight.count,
                    pieces > 1 ? weight.count : dInput.stride,
                    pieces > 1 ? weight.count : dOutput.stride,
                    pieces > 1 ? weight.count : input.stride,
                    accumulate ? 1 : 0
                )
            }
        }
    }

    private static func pieces(of input: Tensor, _ weight: Tensor) -> Int {
        precondition(weight.count > 0 && input.columns % weight.count == 0)
        return input.columns / weight.count
    }

    /// What a kernel normalises in one call: whole rows, or the pieces of one.
    private struct Run {
        let row: Int
        let count: Int

        static func runs(_ rows: Range<Int>, pieces: Int) -> [Run] {
            pieces == 1
                ? [Run(row: rows.lowerBound, count: rows.count)] : rows.map { Run(row: $0, count: pieces) }
        }
    }
}
