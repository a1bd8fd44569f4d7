public import MimoNumerics

/// A LoRA update of one linear layer (Hu et al. 2021): `y += scale · B · A · dropout(x)`.
///
/// Shapes: `a [r, in]`, `b [out, r]`, kept transposed as `bTransposed [r, out]` because every product reads it
/// so. Gradients have the same shapes and are accumulated.
public struct LowRankUpdate: Sendable {
    /// The down projection.
    public let a: Tensor
    /// The up projection, transposed.
    public let bTransposed: Tensor
    /// alpha/r, or alpha/√r.
    public let scale: Float
    /// Gradient of `a`; nil where the update is only used.
    public let gradientA: Tensor?
    /// Gradient of `bTransposed`; nil where the update is only used.
    public let gradientB: Tensor?
    /// DoRA's magnitudes; nil in plain LoRA.
    public let magnitude: Magnitude?
    /// What is taken off the layer, because the update began with it (PiSSA, Meng et al. 2024): the layer then is
    /// `W x - scale · B₀ · A₀ · x + scale · B · A · dropout(x)`. nil where the update began as nothing.
    public let initial: Initial?

    /// The first values of an update that did not begin as nothing, in the update's shapes.
    public struct Initial: Sendable {
        /// The down projection.
        public let a: Tensor
        /// The up projection, transposed.
        public let bTransposed: Tensor

        /// These first values.
        public init(a: Tensor, bTransposed: Tensor) {
            self.a = a
            self.bTransposed = bTransposed
        }
    }

    /// An update with these matrices; `isTrained` gives it gradients, zero at first.
    public init(
        a: Tensor,
        bTransposed: Tensor,
        scale: Float,
        isTrained: Bool,
        magnitude: Magnitude? = nil,
        initial: Initial? = nil
    ) {
        precondition(a.rows == bTransposed.rows)
        precondition(magnitude == nil || initial == nil)
        self.a = a
        self.bTransposed = bTransposed
        self.scale = scale
        self.magnitude = magnitude
        self.initial = initial
        gradientA = isTrained ? Tensor(rows: a.rows, columns: a.columns) : nil
        gradientB = isTrained ? Tensor(rows: bTransposed.rows, columns: bTransposed.columns) : nil
    }

    /// The rank r.
    public var rank: Int { a.rows }
}

/// Which inputs the updates' dropout keeps in one pass over one pack.
public struct DropoutPlan: Sendable {
    /// Names the optimizer step.
    public let key: UInt64
    /// The share of inputs that become 0.
    public let probability: Float
    /// A number of its own for each token of the pack, the same however rows are packed.
    public let tokens: [UInt64]

    /// A plan for the tokens of one pack.
    public init(key: UInt64, probability: Float, tokens: [UInt64]) {
        self.key = key
        self.probability = probability
        self.tokens = tokens
    }

    /// The mask of one place: all linears that read the same input share it.
    func mask(layer: Int, site: LinearSite) -> DropoutMask {
        let place = UInt64(layer) << 8 | UInt64(site.rawValue)
        return DropoutMask(
            key: (key ^ place &* 0x9E37_79B9_7F4A_7C15) &* 0xBF58_476D_1CE4_E5B9,
            probability: probability
        )
    }

    /// The plan for some of the tokens.
    func gathered(_ rows: [Int]) -> DropoutPlan {
        DropoutPlan(key: key, probability: probability, tokens: rows.map { tokens[$0] })
    }
}

/// The places of a block where linears read an input.
enum LinearSite: Int, Sendable {
    case attentionInput
    case attentionOutput
    case feedForwardInput
    case feedForwardOutput
}
