import MimoNumerics

/// Memory that training passes hold beside the model, in bytes.
public struct PassFootprint: Sendable, Equatable {
    /// What forward keeps for the backward.
    public var kept: Int
    /// The residual stream between the blocks, and its gradient.
    public var stream: Int
    /// What operations need until they return.
    public var scratch: Int
    /// Packed weights of matrix products.
    public var products: Int

    /// All of it.
    public var total: Int { kept + stream + scratch + products }

    /// What passes of both kinds hold that share their memory.
    public func union(_ other: PassFootprint) -> PassFootprint {
        PassFootprint(
            kept: max(kept, other.kept),
            stream: max(stream, other.stream),
            scratch: max(scratch, other.scratch),
            products: max(products, other.products)
        )
    }
}

extension PassFootprint {
    /// What passes over packs of up to so many tokens will hold, all of them scored.
    ///
    /// It is found by a rehearsal: the pass runs as it will, on memory that nothing touches, and computes
    /// nothing. So it cannot differ from what the pass does.
    ///
    /// - Parameters:
    ///   - decoder: The model, with its updates attached.
    ///   - tokens: Tokens of the longest pack.
    ///   - recomputedBlocks: As in ``TrainingPass``.
    ///   - dropout: The share of the updates' inputs that is dropped.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    public init(
        _ decoder: Decoder,
        tokens: Int,
        recomputedBlocks: Int,
        dropout: Float,
        predicts: Bool = false
    ) {
        let pass = TrainingPass(decoder, recomputedBlocks: recomputedBlocks)
        pass.predictionWeight = predicts ? 1 : 0
        let row = [Int32](repeating: 0, count: tokens + 1)
        let pack = TrainingPack(rows: [TrainingPack.Row(ids: row, labels: row, number: 0)])
        Compute.rehearse {
            _ = pass.run(pack, normalizer: 1, dropout: dropout > 0 ? (key: 0, probability: dropout) : nil)
        }
        self = pass.footprint
    }

    /// What passes that only score packs of up to so many tokens will hold.
    ///
    /// - Parameters:
    ///   - decoder: The model.
    ///   - tokens: Tokens of the longest pack.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    public init(_ decoder: Decoder, scoring tokens: Int, predicts: Bool = false) {
        let pass = TrainingPass(decoder)
        pass.predictionWeight = predicts ? 1 : 0
        let row = [Int32](repeating: 0, count: tokens + 1)
        let pack = TrainingPack(rows: [TrainingPack.Row(ids: row, labels: row, number: 0)])
        Compute.rehearse { _ = pass.run(pack, normalizer: nil) }
        self = pass.footprint
    }
}
