import CMimoKernels

/// The skinny products of a low-rank update: one side is the rank.
public enum LowRank {
    /// `h [T, r] = scale · x [T, k] · a [r, k]ᵀ`.
    public static func projectDown(_ h: Tensor, _ x: Tensor, _ a: Tensor, scale: Float = 1) {
        projectDown([(h, a)], x, scale: scale)
    }

    /// The same for several matrices that read one input, which is read once.
    public static func projectDown(_ outputs: [(h: Tensor, a: Tensor)], _ x: Tensor, scale: Float = 1) {
        precondition(
            outputs.allSatisfy {
                $0.h.rows == x.rows && $0.h.columns == $0.a.rows && $0.a.columns == x.columns
            }
        )
        guard !outputs.isEmpty else { return }
        parallelChunks(.lowRank, of: x.rows, grain: 24) { rows in
            let input = x.rows(rows)
            for (h, a) in outputs {
                kernels.project_down(
                    h.rows(rows).pointer,
                    input.pointer,
                    a.pointer,
                    scale,
                    rows.count,
                    a.rows,
                    a.columns,
                    h.stride,
                    input.stride,
                    a.stride
                )
            }
        }
    }

    /// `dA [r, k] += scale · g [T, r]ᵀ · x [T, k]`; threads divide the columns, so each sum has one order.
    public static func accumulateOuter(_ dA: Tensor, _ g: Tensor, _ x: Tensor, scale: Float = 1) {
        accumulateOuter([(dA, g)], x, scale: scale)
    }

    /// The same for several matrices that read one input, which is read once.
    public static func accumulateOuter(_ sums: [(dA: Tensor, g: Tensor)], _ x: Tensor, scale: Float = 1) {
        precondition(
            sums.allSatisfy {
                $0.dA.rows == $0.g.columns && $0.dA.columns == x.columns && $0.g.rows == x.rows
            }
        )
        guard !sums.isEmpty else { return }
        parallelChunks(.lowRank, of: x.columns, grain: 32) { columns in
            let input = x.columns(columns)
            for (dA, g) in sums {
                kernels.accumulate_outer(
                    dA.columns(columns).pointer,
                    g.pointer,
                    input.pointer,
                    scale,
                    x.rows,
                    dA.rows,
                    columns.count,
                    dA.stride,
                    g.stride,
                    input.stride
                )
            }
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
