/// Sums over the rows of a gradient, for parameters that every row shares.
///
/// Rows are added in order and threads divide the columns, so a sum has the same bits for any number of threads.
public enum ColumnSums {
    private static let grain = 64

    /// `sums [1, C] += Σ_t x [t, C]`: the gradient of a bias.
    public static func accumulate(_ sums: Tensor, _ x: Tensor) {
        precondition(sums.count == x.columns)
        parallelChunks(.copies, of: x.columns, grain: grain) { columns in
            let out = sums.pointer
            for row in 0..<x.rows {
                let from = x.pointer + row * x.stride
                for column in columns { out[column] += from[column] }
            }
        }
    }

    /// `sums [1, C] += Σ_t factors[t] · x [t, C] · y [t, C]`: the gradient of a norm's weight, whose factors are
    /// the rows' 1/rms; without factors they are 1.
    public static func accumulate(_ sums: Tensor, _ x: Tensor, times y: Tensor, factors: Tensor? = nil) {
        precondition(sums.count == x.columns && x.rows == y.rows && x.columns == y.columns)
        precondition((factors?.columns ?? x.rows) >= x.rows)
        parallelChunks(.norms, of: x.columns, grain: grain) { columns in
            let (out, factors) = (sums.pointer, factors?.pointer)
            for row in 0..<x.rows {
                let (a, b) = (x.pointer + row * x.stride, y.pointer + row * y.stride)
                let factor = factors?[row] ?? 1
                for column in columns { out[column] += a[column] * b[column] * factor }
            }
        }
    }
}
