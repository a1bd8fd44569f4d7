public import MimoModel

/// What a run's memory goes to, settled before its first step: how many blocks keep their activations, and how
/// large the process will become.
public struct MemoryPlan: Sendable, Equatable, CustomStringConvertible {
    /// How many of the lowest blocks run forward again in the backward.
    public let recomputedBlocks: Int
    /// Blocks in all.
    public let blockCount: Int
    /// Tokens of the longest pack.
    public let longestPack: Int
    /// Activations, scratch and packed weights, of training and of scoring.
    public let footprint: PassFootprint
    /// What an evaluation takes beside these while it answers prompts.
    public let probeBytes: Int
    /// Mapped weights that training reads.
    public let weightBytes: Int
    /// What the process holds already: the program, the rows, the trained tensors and their optimizer's state.
    public let heldBytes: Int
    /// What the process must not exceed; nil: nobody knows.
    public let limit: Int?

    /// The largest resident size that the run will reach, mapped weights included, in bytes.
    public var predictedPeak: Int { heldBytes + weightBytes + probeBytes + footprint.total }

    /// A plan that recomputes as few blocks as the limit allows.
    ///
    /// - Parameters:
    ///   - decoder: The model, with its updates attached.
    ///   - longestPack: Tokens of the longest pack that the run can meet.
    ///   - longestScored: Tokens of the longest pack that evaluations can meet; 0 where there are none.
    ///   - probeBytes: What an evaluation takes while it answers prompts.
    ///   - recomputedBlocks: So many blocks, whatever the limit says; nil: as few as fit.
    ///   - dropout: The share of the updates' inputs that is dropped.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    ///   - weightBytes: Mapped weights that training reads.
    ///   - heldBytes: What the process holds already.
    ///   - limit: What the process must not exceed; nil: nothing is refused.
    /// - Throws: ``TrainError/doesNotFit(predicted:limit:longestPack:)`` where no number of blocks fits.
    init(
        _ decoder: Decoder,
        longestPack: Int,
        longestScored: Int = 0,
        probeBytes: Int = 0,
        recomputedBlocks: Int?,
        dropout: Float,
        predicts: Bool = false,
        weightBytes: Int,
        heldBytes: Int,
        limit: Int?
    ) throws {
        blockCount = decoder.config.layerCount
        self.longestPack = longestPack
        self.probeBytes = probeBytes
        self.weightBytes = weightBytes
        self.heldBytes = heldBytes
        self.limit = limit
        let scored =
            longestScored > 0 ? PassFootprint(decoder, scoring: longestScored, predicts: predicts) : nil
        func footprint(_ recomputed: Int) -> PassFootprint {
            let trained = PassFootprint(
                decoder,
                tokens: longestPack,
                recomputedBlocks: recomputed,
                dropout: dropout,
                predicts: predicts
            )
            return scored.map(trained.union) ?? trained
        }
        let room = limit.map { $0 - weightBytes - heldBytes - probeBytes } ?? .max
        if let recomputedBlocks {
            self.recomputedBlocks = min(recomputedBlocks, blockCount)
        } else {
            // Each block that runs again makes the rest smaller, so the first that fits is found by halving.
            var (low, high) = (0, blockCount)
            while low < high {
                let middle = (low + high) / 2
                if footprint(middle).total <= room { high = middle } else { low = middle + 1 }
            }
            self.recomputedBlocks = low
        }
        self.footprint = footprint(self.recomputedBlocks)
        guard self.footprint.total <= room else {
            throw TrainError.doesNotFit(
                predicted: predictedPeak,
                limit: limit ?? 0,
                longestPack: longestPack
            )
        }
    }

    /// The plan in one line.
    public var description: String {
        let blocks =
            recomputedBlocks == 0
            ? "nothing recomputed" : "\(recomputedBlocks) of \(blockCount) layers recomputed"
        return "predicted peak \(Self.gibibytes(predictedPeak)): \(blocks), weights "
            + "\(Self.gibibytes(weightBytes)), packs of up to \(longestPack) tokens"
            + (limit.map { "; limit \(Self.gibibytes($0))" } ?? "")
    }

    /// "9.80 GiB"
    static func gibibytes(_ bytes: Int) -> String {
        "\(Figure.fixed(Double(bytes) / 1_073_741_824, 2)) GiB"
    }
}
