public import MimoNumerics

/// The magnitudes of a weight-decomposed update (DoRA, Liu et al. 2024): each output of the layer with its update is
/// scaled by `m / ‖w + scale · b · A‖`, w and b being the output's rows. As in the paper's section 4.3 and in PEFT,
/// the norm counts as a constant in the backward.
///
/// Shapes: all `[1, out]`.
public struct Magnitude: Sendable {
    /// m, which is trained.
    public let value: Tensor
    /// The gradient of m, accumulated; nil where the update is only used.
    public let gradient: Tensor?
    /// The norms of the rows of `W + scale · B · A`, as of ``AdaptedLinear/refreshMagnitude(_:)``.
    let norms: Tensor
    /// m over the norms, as of then.
    let factors: Tensor

    /// Magnitudes of these values; `isTrained` gives them a gradient, zero at first.
    public init(_ value: Tensor, isTrained: Bool) {
        func row() -> Tensor { Tensor(rows: 1, columns: value.count) }
        self.value = value
        gradient = isTrained ? row() : nil
        (norms, factors) = (row(), row())
    }

    /// `dm += Σ_t dY · z / norm`, z being the outputs before their scaling.
    func accumulate(_ dOutput: Tensor, _ unscaled: Tensor, scratch: Arena) {
        guard let gradient else { return }
        let mark = scratch.mark
        let sums = scratch.tensor(rows: 1, columns: gradient.count)
        sums.fill(0)
        ColumnSums.accumulate(sums, dOutput, times: unscaled)
        ColumnScale.divide(sums, sums, norms)
        Elementwise.add(gradient, gradient, sums)
        scratch.release(to: mark)
    }
}

extension AdaptedLinear {
    /// Rows of the weight whose norms are formed at a time, in elements.
    private static let blockSize = 1 << 22

    /// Forms the norms anew, once the weights or the update have changed.
    public func refreshMagnitude(_ gemm: Gemm) {
        guard let update, let magnitude = update.magnitude else { return }
        let b = Tensor(rows: outputs, columns: update.rank)
        LowRank.transpose(b, update.bTransposed)
        let step = max(1, Self.blockSize / max(1, weight.columns))
        for start in stride(from: 0, to: outputs, by: step) {
            let rows = start..<min(start + step, outputs)
            let sum = weight.rows(rows).addingLowRank(
                b: b.rows(rows),
                a: update.a,
                scaling: update.scale,
                gemm: gemm
            )
            ColumnScale.rowNorms(magnitude.norms.columns(rows), of: sum)
        }
        ColumnScale.divide(magnitude.factors, magnitude.value, magnitude.norms)
    }
}

extension Decoder {
    /// Whether any update is weight-decomposed.
    public var hasMagnitudes: Bool {
        blocks.contains { block in DecoderLinear.allCases.contains { block[$0].update?.magnitude != nil } }
    }

    /// Forms the norms of all weight-decomposed updates anew, once weights or updates have changed.
    public func refreshMagnitudes() {
        let gemm = Gemm()
        for block in blocks {
            for linear in DecoderLinear.allCases { block[linear].refreshMagnitude(gemm) }
        }
    }
}
