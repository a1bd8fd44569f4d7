public import MimoModel
public import MimoNumerics

/// The two matrices of one adapted layer: `y = W x + scaling · B (A x)`.
public struct LoRAWeights: Sendable {
    /// Which layer, and the rank and scaling there.
    public let module: AdaptedModule
    /// The down projection, `[r, in]`.
    public let a: Tensor
    /// The up projection, `[out, r]`.
    public let b: Tensor

    /// Matrices of the module's shapes.
    public init(module: AdaptedModule, a: Tensor, b: Tensor) {
        precondition(a.rows == module.rank && b.columns == module.rank)
        self.module = module
        self.a = a
        self.b = b
    }

    /// The matrices that a decoder has trained; `b` is copied, since the decoder keeps it transposed.
    public init(module: AdaptedModule, update: LowRankUpdate) {
        let b = Tensor(rows: update.bTransposed.columns, columns: update.bTransposed.rows)
        LowRank.transpose(b, update.bTransposed)
        self.init(module: module, a: update.a, b: b)
    }

    /// The update as the decoder computes with it: `a` is shared, `b` copied; `isTrained` gives it gradients.
    public func update(isTrained: Bool) -> LowRankUpdate {
        let bTransposed = Tensor(rows: b.columns, columns: b.rows)
        LowRank.transpose(bTransposed, b)
        return LowRankUpdate(
            a: a,
            bTransposed: bTransposed,
            scale: Float(module.scaling),
            isTrained: isTrained
        )
    }
}
