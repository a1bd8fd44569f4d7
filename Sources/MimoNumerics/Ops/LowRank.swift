import CMimoKernels

/// The skinny products of a low-rank update: one side is the rank.
public enum LowRank {
    /// `h [T, r] = scale · x [T, k] · a [r, k]ᵀ`.
    public static func projectDown(_ h: Tensor, _ x: Tensor, _ a: Tensor, scale: Float = 1) {
        precondition(h.rows == x.rows && h.columns == a.rows && x.columns == a.columns)
        parallelChunks(.lowRank, of: x.rows, grain: 16) { rows in
            let (out, input) = (h.rows(rows), x.rows(rows))
            kernels.project_down(
                out.pointer,
                input.pointer,
                a.pointer,
                scale,
                rows.count,
                a.rows,
                a.columns,
                out.stride,
                input.stride,
                a.stride
            )
        }
    }

    /// `dA [r, k] += scale · g [T, r]ᵀ · x [T, k]`; threads divide the columns, so each sum has one order.
    public static func accumulateOuter(_ dA: Tensor, _ g: Tensor, _ x: Tensor, scale: Float = 1) {
        precondition(dA.rows == g.columns && dA.columns == x.columns && g.rows == x.rows)
        parallelChunks(.lowRank, of: x.columns, grain: 64) { columns in
            let (out, input) = (dA.columns(columns), x.columns(columns))
            kernels.accumulate_outer(
                out.pointer,
                g.pointer,
                input.pointer,
                scale,
                x.rows,
                dA.rows,
                columns.count,
                out.stride,
                g.stride,
                input.stride
            )
        }
    }

    /// `out [n, m] = inᵀ`, for the small matrices of an adapter.
    public static func transpose(_ output: Tensor, _ input: Tensor) {
        precondition(output.rows == input.columns && output.columns == input.rows)
        let (out, from) = (output.pointer, input.pointer)
        for row in 0..<input.rows {
            for column in 0..<input.columns {
                out[column * output.stride + row] = from[row * input.stride + column]
            }
        }
    }
}
