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

    /// `sums [1, C] += Σ factors[i] · x[i] · y[i]`: the gradient of a norm's weight, whose factors are the 1/rms of
    /// the pieces i of C columns that x and y `[T, n · C]` consist of; without factors they are 1.
    public static func accumulate(_ sums: Tensor, _ x: Tensor, times y: Tensor, factors: Tensor? = nil) {
        precondition(x.columns % sums.count == 0 && x.rows == y.rows && x.columns == y.columns)
        let pieces = x.columns / sums.count
        precondition((factors?.columns ?? x.rows * pieces) >= x.rows * pieces)
        parallelChunks(.norms, of: sums.count, grain: grain) { columns in
            let (out, factors) = (sums.pointer, factors?.pointer)
            for piece in 0..<x.rows * pieces {
                let (row, start) = (piece / pieces, piece % pieces * sums.count)
                let (a, b) = (x.pointer + row * x.stride + start, y.pointer + row * y.stride + start)
                let factor = factors?[piece] ?? 1
                for column in columns { out[column] += a[column] * b[column] * factor }
            }
        }
    }
}
