import MimoNumerics

/// Noise on the embeddings in training (NEFTune, Jain et al. 2024): uniform within ±alpha/√(L·C), L being the tokens of
/// the row and C the hidden size.
public struct EmbeddingNoise: Sendable, Equatable {
    /// Names the optimizer step.
    public let key: UInt64
    /// The strength.
    public let alpha: Float

    /// The noise of one step.
    public init(key: UInt64, alpha: Float) {
        self.key = key
        self.alpha = alpha
    }

    /// Adds the noise to the embeddings of a pack's tokens, `[T, C]`.
    func add(to embedded: Tensor, of pack: TrainingPack) {
        let bounds = pack.rowLengths.map { alpha / (Float($0) * Float(embedded.columns)).squareRoot() }
        UniformNoise(key: key).add(to: embedded, rows: pack.tokenKeys, bounds: bounds)
    }
}
