import CMimoKernels

/// The gated activation of the feed-forward block, Shazeer (2020): `y = silu(gate) · up`.
///
/// Shapes: all `[T, F]`.
public enum SwiGLU {
    /// Elements that one thread takes: enough to be worth waking another.
    private static let grain = 1 << 14

    /// Writes `output`. Backward reads `gate` and `up`.
    public static func forward(_ output: Tensor, gate: Tensor, up: Tensor) {
        precondition(gate.columns == output.columns && up.columns == output.columns)
        precondition(gate.rows == output.rows && up.rows == output.rows)
        parallelChunks(.activations, of: output.rows, grain: max(1, grain / max(1, output.columns))) { rows in
            for row in rows {
                let (g, u) = (gate.pointer + row * gate.stride, up.pointer + row * up.stride)
                kernels.swiglu_forward(output.pointer + row * output.stride, g, u, output.columns)
            }
        }
    }

    /// Overwrites `gate` and `up` with their gradients.
    public static func backwardInPlace(gate: Tensor, up: Tensor, dOutput: Tensor) {
        precondition(gate.columns == dOutput.columns && up.columns == dOutput.columns)
        precondition(gate.rows == dOutput.rows && up.rows == dOutput.rows)
        parallelChunks(.activations, of: dOutput.rows, grain: max(1, grain / max(1, dOutput.columns))) {
            rows in
            for row in rows {
                let (g, u) = (gate.pointer + row * gate.stride, up.pointer + row * up.stride)
                kernels.swiglu_backward(g, u, dOutput.pointer + row * dOutput.stride, g, u, dOutput.columns)
            }
        }
    }
}
