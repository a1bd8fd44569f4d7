import COpenBLAS

/// The largest singular values of a matrix with their vectors: `W ≈ Σ value · left ⊗ right`.
public struct SingularParts: Sendable {
    /// The values, falling.
    public let values: [Float]
    /// The vectors of W's rows, `[count, rows]`.
    public let left: Tensor
    /// The vectors of W's columns, `[count, columns]`.
    public let right: Tensor

    /// The exact decomposition, by LAPACK.
    public init(ofLargest count: Int, of weight: WeightMatrix) {
        self.init(decomposing: weight.widened(), count: count)
    }

    /// An approximation from a random start: the space of the largest values is found by multiplying with the
    /// matrix and its transpose (Halko, Martinsson and Tropp 2011, algorithm 4.4).
    ///
    /// - Parameters:
    ///   - count: How many values.
    ///   - weight: The matrix, read in its own type.
    ///   - start: Random vectors, `[count, columns]`.
    ///   - rounds: How often the space is improved.
    public init(ofLargest count: Int, of weight: WeightMatrix, start: Tensor, rounds: Int) {
        precondition(start.rows == count && start.columns == weight.columns)
        let count = min(count, weight.rows, weight.columns)
        let gemm = Gemm()
        let basis = Tensor(rows: count, columns: weight.rows)
        let projected = Tensor(rows: count, columns: weight.columns)
        gemm.multiply([Product(basis, [.forward(start.rows(0..<count), weight)])])
        basis.orthonormalizeRows()
        for _ in 0..<rounds {
            gemm.multiply([Product(projected, [.backward(basis, weight)])])
            projected.orthonormalizeRows()
            gemm.multiply([Product(basis, [.forward(projected, weight)])])
            basis.orthonormalizeRows()
        }
        gemm.multiply([Product(projected, [.backward(basis, weight)])])
        let small = SingularParts(decomposing: projected, count: count)
        let left = Tensor(rows: count, columns: weight.rows)
        gemm.multiply([Product(left, [.backward(small.left, WeightMatrix(basis))])])
        (values, self.left, right) = (small.values, left, small.right)
    }

    /// Decomposes a matrix, which is overwritten, and keeps the first of the parts.
    private init(decomposing matrix: Tensor, count: Int) {
        // Row by row in memory is column by column of the transpose: LAPACK's left vectors are our right ones.
        var (m, n) = (Int32(matrix.columns), Int32(matrix.rows))
        let all = min(matrix.rows, matrix.columns)
        let right = Tensor(rows: all, columns: matrix.columns)
        let left = Tensor(rows: matrix.rows, columns: all)
        var values = [Float](repeating: 0, count: all)
        var integers = [Int32](repeating: 0, count: 8 * all)
        var (leadingRight, leadingLeft) = (m, Int32(all))
        var info: Int32 = 0
        var best = [Float](repeating: 0, count: 1)
        var length: Int32 = -1
        for isQuery in [true, false] {
            var work = isQuery ? best : [Float](repeating: 0, count: Int(length))
            sgesdd_(
                "S",
                &m,
                &n,
                matrix.pointer,
                &leadingRight,
                &values,
                right.pointer,
                &leadingRight,
                left.pointer,
                &leadingLeft,
                &work,
                &length,
                &integers,
                &info,
                1
            )
            best = work
            if isQuery { length = Int32(best[0].rounded(.up)) + 64 }
        }
        // Not converging, which finite matrices do not do, leaves the parts that were found.
        let kept = min(count, all)
        let leftRows = Tensor(rows: kept, columns: matrix.rows)
        LowRank.transpose(leftRows, left.columns(0..<kept))
        (self.values, self.left, self.right) = (Array(values[..<kept]), leftRows, right.rows(0..<kept))
    }
}

extension Tensor {
    /// Makes the rows orthonormal, in order and in double (Gram and Schmidt, twice, which is enough: Giraud et al.
    /// 2005). A row that depends on those before becomes 0.
    fileprivate func orthonormalizeRows() {
        for row in 0..<rows {
            let target = pointer + row * stride
            let before = Self.norm(target, columns)
            for _ in 0..<2 {
                for other in 0..<row {
                    let base = pointer + other * stride
                    var dot = 0.0
                    for column in 0..<columns { dot += Double(target[column]) * Double(base[column]) }
                    for column in 0..<columns {
                        target[column] = Float(Double(target[column]) - dot * Double(base[column]))
                    }
                }
            }
            let norm = Self.norm(target, columns)
            let factor = norm > 1e-6 * before ? 1 / norm : 0
            for column in 0..<columns { target[column] = Float(Double(target[column]) * factor) }
        }
    }

    private static func norm(_ row: UnsafeMutablePointer<Float>, _ count: Int) -> Double {
        var sum = 0.0
        for index in 0..<count { sum += Double(row[index]) * Double(row[index]) }
        return sum.squareRoot()
    }
}
