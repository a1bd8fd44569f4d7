import CMimoKernels

/// Rotary position embedding, Su et al. (2021), rotating the two halves of each head.
///
/// Shapes: x `[T, heads · D]` in place; cosines, sines `[T, D/2]`, the angles of each row's position.
public enum RotaryEmbedding {
    /// Rotates each head by its row's angles.
    public static func forward(_ x: Tensor, cosines: Tensor, sines: Tensor) {
        rotate(x, cosines: cosines, sines: sines, sign: 1)
    }

    /// Rotates gradients back: a rotation's transpose is its inverse.
    public static func backward(_ dx: Tensor, cosines: Tensor, sines: Tensor) {
        rotate(dx, cosines: cosines, sines: sines, sign: -1)
    }

    private static func rotate(_ x: Tensor, cosines: Tensor, sines: Tensor, sign: Float) {
        let head = cosines.columns * 2
        precondition(cosines.isContiguous && sines.isContiguous)
        precondition(head == 0 || x.columns % head == 0 && cosines.rows >= x.rows && sines.rows >= x.rows)
        parallelChunks(.rotary, of: x.rows, grain: 32) { rows in
            let start = rows.lowerBound * (head / 2)
            kernels.rope(
                x.rows(rows).pointer,
                cosines.pointer + start,
                sines.pointer + start,
                sign,
                rows.count,
                head == 0 ? 0 : x.columns / head,
                head,
                x.stride
            )
        }
    }
}
