import MimoData
import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct MemoryPlanTests {
    private static let weightBytes = 1_000_000

    /// A model of three layers, the lowest of which is trained.
    private func decoder() throws -> Decoder {
        var decoder = try Decoder(Checkpoint(directory: Golden.path("model/tiny-llama")))
        let query = decoder[0, .query].weight
        decoder[0, .query].update = LowRankUpdate(
            a: Tensor(rows: 2, columns: query.columns),
            bTransposed: Tensor(rows: 2, columns: query.rows),
            scale: 1,
            isTrained: true
        )
        return decoder
    }

    private func plan(
        limit: Int?,
        recomputedBlocks: Int? = nil,
        tokens: Int = 200,
        streams: Bool = false
    ) throws -> MemoryPlan {
        try MemoryPlan(
            decoder(),
            longestPack: tokens,
            recomputedBlocks: recomputedBlocks,
            dropout: 0.05,
            streams: streams,
            weightBytes: Self.weightBytes,
            heldBytes: 500,
            limit: limit
        )
    }

    @Test("Without a limit nothing is recomputed")
    func noLimit() throws {
        let plan = try plan(limit: nil)
        #expect(plan.recomputedBlocks == 0)
        #expect(plan.streamedBlocks == 0)
        #expect(plan.predictedPeak == Self.weightBytes + 500 + plan.footprint.total)
    }

    @Test("As few layers are recomputed as the limit allows, and no fewer")
    func fewest() throws {
        let peaks = try (0...3).map { try plan(limit: nil, recomputedBlocks: $0).predictedPeak }
        for blocks in 1...2 {
            #expect(peaks[blocks] < peaks[blocks - 1])
            #expect(try plan(limit: peaks[blocks]).recomputedBlocks == blocks)
            #expect(try plan(limit: peaks[blocks - 1] - 1).recomputedBlocks == blocks)
        }
        #expect(try plan(limit: peaks[0]).recomputedBlocks == 0)
    }

    @Test("Weights are streamed before layers are computed twice, and as few as it takes")
    func streamed() throws {
        let saved = try (0...3).map { try decoder().streamedBytes($0) }
        #expect(saved[2] == 0 && saved[3] > 0)
        let peak = try plan(limit: nil).predictedPeak
        let enough = try plan(limit: peak, streams: true)
        #expect(enough.streamedBlocks == 0 && enough.recomputedBlocks == 0)
        let streamed = try plan(limit: peak - 1, streams: true)
        #expect(streamed.streamedBlocks == 3 && streamed.recomputedBlocks == 0)
        #expect(streamed.predictedPeak == peak - saved[3])
        #expect(streamed.residentWeightBytes == Self.weightBytes - saved[3])
        let once = try plan(limit: nil, recomputedBlocks: 1).predictedPeak
        #expect(once < peak - saved[3])
        let both = try plan(limit: once - 1, streams: true)
        #expect(both.streamedBlocks == 3 && both.recomputedBlocks == 1)
        #expect(both.predictedPeak == once - saved[3])
        let twice = try plan(limit: peak - 1, recomputedBlocks: 2, streams: true)
        #expect(twice.streamedBlocks == 0 && twice.recomputedBlocks == 2)
    }

    @Test("A run that cannot fit is refused, with what it needs and what there is")
    func refused() throws {
        let least = try #require(
            (0...3).map { try plan(limit: nil, recomputedBlocks: $0).predictedPeak }.min()
        )
        #expect {
            try plan(limit: least / 2)
        } throws: { error in
            guard case TrainError.doesNotFit(let predicted, let limit, let tokens) = error else {
                return false
            }
            return predicted >= least && limit == least / 2 && tokens == 200
        }
    }

    @Test("The longest pack is the longest row, or as many rows as a pack takes")
    func census() throws {
        let samples = SampleArray(
            [3, 900, 40, 10].map { length in
                let ids = (0..<length).map { Int32($0 % 7) }
                return Sample(ids: ids, labels: ids)
            }
        )
        let census = try SampleCensus(samples, vocabularySize: 10)
        func longest(packTokens: Int, batchSize: Int = 1, of rows: Int = 16) -> Int {
            census.longestPack(of: rows, packTokens: packTokens, batchSize: batchSize, sharing: nil)
        }
        #expect(longest(packTokens: 512) == 899)
        #expect(longest(packTokens: 920) == 920)
        #expect(longest(packTokens: 4096) == 899 + 39 + 9 + 2)
        #expect(longest(packTokens: 4096, of: 2) == 899 + 39)
        #expect(longest(packTokens: 0, batchSize: 2) == 899 + 39)
        #expect(census.distinctTokens() == 7)
        let others = SampleArray([Sample(ids: [5, 6, 7, 8, 8], labels: [5, 6, 7, 8, 8])])
        #expect(census.distinctTokens(with: try SampleCensus(others, vocabularySize: 10)) == 9)
    }
}
