extension WeightMatrix {
    /// `W + scaling · (B · A)` as floats, in the order of PEFT's merge: the product is summed over the rank,
    /// rounded, scaled, rounded, and added to the weight.
    ///
    /// Shapes: the weight `[m, n]`, b `[m, r]`, a `[r, n]`, the result `[m, n]` in memory of its own.
    public func addingLowRank(b: Tensor, a: Tensor, scaling: Float, gemm: Gemm) -> Tensor {
        precondition(b.rows == rows && a.columns == columns && b.columns == a.rows)
        let sum = widened()
        let delta = Tensor(rows: rows, columns: columns)
        gemm.multiply([Product(delta, [.backward(b, WeightMatrix(a))])])
        let (out, update) = (sum.pointer, delta.pointer)
        parallelChunks(.lowRank, of: sum.count, grain: 1 << 16) { range in
            // Two roundings, as two operations have them: Swift does not fuse what is not written as fused.
            for index in range { out[index] += update[index] * scaling }
        }
        return sum
    }
}

extension Tensor {
    /// Whether no element is NaN or infinity, nor becomes infinity when it is rounded to `type`.
    public func isFinite(as type: ElementType = .f32) -> Bool {
        // From here on magnitudes round to infinity; NaN lies above it.
        let limit: UInt32 =
            switch type {
            case .f32: 0x7f80_0000
            case .bf16: 0x7f7f_8000
            case .f16: Float(65520).bitPattern
            }
        for row in 0..<rows {
            let start = pointer + row * stride
            // A count instead of an early exit keeps the loop free of branches.
            var count: UInt32 = 0
            for column in 0..<columns { count &+= start[column].bitPattern & 0x7fff_ffff >= limit ? 1 : 0 }
            if count > 0 { return false }
        }
        return true
    }
}
