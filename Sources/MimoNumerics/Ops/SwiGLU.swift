import CMimoKernels

/// The gated activation of the feed-forward block, Shazeer (2020): `y = silu(gate) · up`.
///
/// Shapes: all `[T, F]`, contiguous.
public enum SwiGLU {
    private static let grain = 1 << 14

    /// Writes `output`. Backward reads `gate` and `up`.
    public static func forward(_ output: Tensor, gate: Tensor, up: Tensor) {
        precondition(output.isContiguous && gate.isContiguous && up.isContiguous)
        precondition(gate.count == output.count && up.count == output.count)
        parallelChunks(.activations, of: output.count, grain: grain) { range in
            let i = range.lowerBound
            kernels.swiglu_forward(output.pointer + i, gate.pointer + i, up.pointer + i, range.count)
        }
    }

    /// Overwrites `gate` and `up` with their gradients.
    public static func backwardInPlace(gate: Tensor, up: Tensor, dOutput: Tensor) {
        precondition(gate.isContiguous && up.isContiguous && dOutput.isContiguous)
        precondition(gate.count == dOutput.count && up.count == dOutput.count)
        parallelChunks(.activations, of: dOutput.count, grain: grain) { range in
            let (i, g, u) = (range.lowerBound, gate.pointer, up.pointer)
            kernels.swiglu_backward(g + i, u + i, dOutput.pointer + i, g + i, u + i, range.count)
        }
    }
}
