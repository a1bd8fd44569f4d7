import CMimoKernels

/// Factors of a linear's outputs, one for each column.
public enum ColumnScale {
    /// `output [T, C] (+)= x [T, C] · (factors [1, C] - less)`.
    ///
    /// - Parameters:
    ///   - output: Written, or added to; may be `x`.
    ///   - x: What is scaled.
    ///   - factors: One for each column.
    ///   - less: Taken off each factor first.
    ///   - accumulate: Whether `output` is added to.
    public static func apply(
        _ output: Tensor,
        _ x: Tensor,
        by factors: Tensor,
        less: Float = 0,
        accumulate: Bool = false
    ) {
        precondition(output.rows == x.rows && output.columns == x.columns && factors.count == x.columns)
        parallelChunks(.copies, of: x.rows, grain: 16) { rows in
            let factors = factors.pointer
            for row in rows {
                let (out, from) = (output.pointer + row * output.stride, x.pointer + row * x.stride)
                if accumulate {
                    for column in 0..<x.columns { out[column] += from[column] * (factors[column] - less) }
                } else {
                    for column in 0..<x.columns { out[column] = from[column] * (factors[column] - less) }
                }
            }
        }
    }

    /// `quotients = numerators / denominators`, element by element.
    public static func divide(_ quotients: Tensor, _ numerators: Tensor, _ denominators: Tensor) {
        precondition(quotients.count == numerators.count && quotients.count == denominators.count)
        precondition([quotients, numerators, denominators].allSatisfy(\.isContiguous))
        parallelChunks(.copies, of: quotients.count, grain: 1 << 14) { range in
            for index in range {
                quotients.pointer[index] = numerators.pointer[index] / denominators.pointer[index]
            }
        }
    }

    /// `norms [1, R]`: the Euclidean norm of each row of `x [R, C]`, summed in double.
    public static func rowNorms(_ norms: Tensor, of x: Tensor) {
        precondition(norms.count == x.rows)
        parallelChunks(.copies, of: x.rows, grain: 16) { rows in
            for row in rows {
                let sum = kernels.sum_of_squares(x.pointer + row * x.stride, x.columns)
                norms.pointer[row] = Float(sum.squareRoot())
            }
        }
    }
}

extension Tensor {
    /// Scales each row to the norm that is given for it, `[1, R]`, as PEFT merges DoRA.
    public func setRowNorms(_ wanted: Tensor) {
        let norms = Tensor(rows: 1, columns: rows)
        ColumnScale.rowNorms(norms, of: self)
        ColumnScale.divide(norms, wanted, norms)
        parallelChunks(.copies, of: rows, grain: 16) { chunk in
            for row in chunk {
                let factor = norms.pointer[row]
                for column in 0..<columns { pointer[row * stride + column] *= factor }
            }
        }
    }
}
