import MimoData
import MimoModel
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct MemoryPlanTests {
    private func plan(
        limit: Int?,
        recomputedBlocks: Int? = nil,
        tokens: Int = 200
    ) throws -> MemoryPlan {
        try MemoryPlan(
            Decoder(Checkpoint(directory: Golden.path("model/tiny-llama"))),
            longestPack: tokens,
            recomputedBlocks: recomputedBlocks,
            dropout: 0.05,
            weightBytes: 1000,
            heldBytes: 500,
            limit: limit
        )
    }

    @Test("Without a limit nothing is recomputed")
    func noLimit() throws {
        let plan = try plan(limit: nil)
        #expect(plan.recomputedBlocks == 0)
        #expect(plan.predictedPeak == 1500 + plan.footprint.total)
    }

    @Test("As few layers are recomputed as the limit allows, and no fewer")
    func fewest() throws {
        let peaks = try (0...3).map { try plan(limit: nil, recomputedBlocks: $0).predictedPeak }
        for blocks in 1...3 where peaks[blocks] < peaks[blocks - 1] {
            #expect(try plan(limit: peaks[blocks]).recomputedBlocks == blocks)
            #expect(try plan(limit: peaks[blocks - 1] - 1).recomputedBlocks == blocks)
        }
        #expect(try plan(limit: peaks[0]).recomputedBlocks == 0)
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
            census.longestPack(of: rows, packTokens: packTokens, batchSize: batchSize)
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
