public import MimoModel
public import MimoNumerics

/// The matrices of one adapted layer: `y = W x + scaling · B (A x)`.
public struct LoRAWeights: Sendable {
    /// Which layer, and the rank and scaling there.
    public let module: AdaptedModule
    /// The down projection, `[r, in]`.
    public let a: Tensor
    /// The up projection, `[out, r]`.
    public let b: Tensor
    /// DoRA's magnitudes, `[1, out]`; nil in plain LoRA.
    public var magnitude: Tensor?
    /// What A and B began as, where that was a part of the base (PiSSA).
    public var initial: Initial?

    /// First values of A and B.
    public struct Initial: Sendable {
        /// The down projection, `[r, in]`.
        public let a: Tensor
        /// The up projection, `[out, r]`.
        public let b: Tensor
    }

    /// Matrices of the module's shapes.
    public init(
        module: AdaptedModule,
        a: Tensor,
        b: Tensor,
        magnitude: Tensor? = nil,
        initial: Initial? = nil
    ) {
        precondition(a.rows == module.rank && b.columns == module.rank)
        self.module = module
        self.a = a
        self.b = b
        self.magnitude = magnitude
        self.initial = initial
    }

    /// The matrices that a decoder has trained; `b` is copied, since the decoder keeps it transposed.
    public init(module: AdaptedModule, update: LowRankUpdate) {
        self.init(
            module: module,
            a: update.a,
            b: Self.transposed(update.bTransposed),
            magnitude: update.magnitude?.value,
            initial: update.initial.map { .init(a: $0.a, b: Self.transposed($0.bTransposed)) }
        )
    }

    /// The update as the decoder computes with it: `b` and what began it are copied, the rest is shared; `isTrained`
    /// gives it gradients.
    public func update(isTrained: Bool) -> LowRankUpdate {
        LowRankUpdate(
            a: a,
            bTransposed: Self.transposed(b),
            scale: Float(module.scaling),
            isTrained: isTrained,
            magnitude: magnitude.map { Magnitude($0, isTrained: isTrained) },
            initial: initial.map { initial in
                // A is trained in place, and must not take its first values along.
                let a = Tensor(rows: initial.a.rows, columns: initial.a.columns)
                a.copy(from: initial.a)
                return .init(a: a, bTransposed: Self.transposed(initial.b))
            }
        )
    }

    static func transposed(_ matrix: Tensor) -> Tensor {
        let out = Tensor(rows: matrix.columns, columns: matrix.rows)
        LowRank.transpose(out, matrix)
        return out
    }
}
