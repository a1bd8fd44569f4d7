public import MimoModel

/// What a run's memory goes to, settled before its first step: how many blocks keep their activations, how many their
/// mapped weights, and how large the process will become.
public struct MemoryPlan: Sendable, Equatable, CustomStringConvertible {
    /// How many of the lowest blocks run forward again in the backward.
    public let recomputedBlocks: Int
    /// The mapped weights of how many blocks are in memory only around their use.
    public let streamedBlocks: Int
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
    /// How much of them is resident at a time.
    public let residentWeightBytes: Int
    /// What the process holds already: the program, the rows, the trained tensors and their optimizer's state.
    public let heldBytes: Int
    /// What the process must not exceed; nil: nobody knows.
    public let limit: Int?

    /// The largest resident size that the run will reach, mapped weights included, in bytes.
    public var predictedPeak: Int { heldBytes + residentWeightBytes + probeBytes + footprint.total }

    /// A plan that recomputes as few blocks as the limit allows, and streams as few as that takes.
    ///
    /// Streaming goes before recomputing: to free a byte of activations takes about two thousand operations, once,
    /// and a byte of weights is read again twice, beside the computation and often from the system's cache.
    ///
    /// - Parameters:
    ///   - decoder: The model, with its updates attached.
    ///   - longestPack: Tokens of the longest pack that the run can meet.
    ///   - longestScored: Tokens of the longest pack that evaluations can meet; 0 where there are none.
    ///   - probeBytes: What an evaluation takes while it answers prompts.
    ///   - recomputedBlocks: So many blocks, whatever the limit says; nil: as few as fit.
    ///   - dropout: The share of the updates' inputs that is dropped.
    ///   - predicts: Whether the loss of multi-token prediction is on.
    ///   - streams: Whether blocks may be streamed; not where weights are read between passes as well.
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
        streams: Bool = false,
        weightBytes: Int,
        heldBytes: Int,
        limit: Int?
    ) throws {
        let blocks = decoder.config.layerCount
        blockCount = blocks
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
        let heldElsewhere = heldBytes + probeBytes
        func fits(_ footprint: PassFootprint, streaming streamed: Int) -> Bool {
            guard let limit else { return true }
            return heldElsewhere + weightBytes - decoder.streamedBytes(streamed) + footprint.total <= limit
        }
        let mostStreamed = streams ? blocks : 0
        let recomputed =
            recomputedBlocks.map { min($0, blocks) }
            ?? Self.least(upTo: blocks) { fits(footprint($0), streaming: mostStreamed) }
        let settled = footprint(recomputed)
        self.recomputedBlocks = recomputed
        self.footprint = settled
        streamedBlocks = Self.least(upTo: mostStreamed) { fits(settled, streaming: $0) }
        residentWeightBytes = weightBytes - decoder.streamedBytes(streamedBlocks)
        guard fits(settled, streaming: streamedBlocks) else {
            throw TrainError.doesNotFit(
                predicted: predictedPeak,
                limit: limit ?? 0,
                longestPack: longestPack
            )
        }
    }

    /// The least number that is enough, where all above it are too; the last where none is.
    private static func least(upTo last: Int, _ isEnough: (Int) -> Bool) -> Int {
        var (low, high) = (0, last)
        while low < high {
            let middle = (low + high) / 2
            if isEnough(middle) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The plan in one line.
    public var description: String {
        let blocks =
            recomputedBlocks == 0
            ? "nothing recomputed" : "\(recomputedBlocks) of \(blockCount) layers recomputed"
        let weights =
            streamedBlocks == 0
            ? "weights \(Self.gibibytes(weightBytes))"
            : "weights \(Self.gibibytes(residentWeightBytes)) of \(Self.gibibytes(weightBytes)) at a time "
                + "(\(streamedBlocks) of \(blockCount) layers read anew)"
        return "predicted peak \(Self.gibibytes(predictedPeak)): \(blocks), \(weights), "
            + "packs of up to \(longestPack) tokens"
            + (limit.map { "; limit \(Self.gibibytes($0))" } ?? "")
    }

    /// "9.80 GiB"
    static func gibibytes(_ bytes: Int) -> String {
        "\(Figure.fixed(Double(bytes) / 1_073_741_824, 2)) GiB"
    }
}
