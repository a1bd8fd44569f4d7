import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct TrainingWorkTests {
    @Test("Work is counted as the formulas say", arguments: Golden.tinyModels)
    func formulas(model: String) throws {
        let decoder = try Self.adapted(model)
        let config = decoder.config
        let ids = (0..<21).map { Int32($0) }
        let pack = TrainingPack(rows: [TrainingPack.Row(ids: ids, labels: ids, number: 0)])
        let work = TrainingWork(of: pack, by: decoder)
        let (tokens, layers) = (20.0, Double(config.layerCount))
        let sizes = DecoderLinear.allCases.map {
            (Double($0.inputSize(in: config)), Double($0.outputSize(in: config)))
        }
        let weights = sizes.reduce(0) { $0 + $1.0 * $1.1 }
        // Forward and backward, but for the gradients of the first block's input.
        let bottom = sizes.prefix(3).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(work.blocks == 2 * tokens * (2 * layers * weights - bottom))
        #expect(work.head == 4 * tokens * Double(config.vocabularySize * config.hiddenSize))
        #expect(work.attention == layers * 12 * (tokens * (tokens + 1) / 2) * Double(config.querySize))
        let sides = sizes.reduce(0) { $0 + $1.0 + $1.1 }
        let bottomInputs = sizes.prefix(3).reduce(0) { $0 + $1.0 }
        #expect(work.updates == 2 * tokens * 2 * (3 * layers * sides - bottomInputs))
    }

    @Test(
        "Uncounted tokens, shared prefixes and what stands behind the last label save work",
        arguments: ["tiny-qwen2"]
    )
    func savings(model: String) throws {
        let decoder = try Self.adapted(model)
        let ids = (0..<40).map { Int32($0) }
        let rows = (0..<3).map { number in
            let labels = ids.map { (20..<30).contains($0) ? $0 : Int32(-100) }
            return TrainingPack.Row(ids: ids, labels: labels, number: number)
        }
        let whole = TrainingWork(withoutSkipping: [40, 40, 40], by: decoder)
        let apart = TrainingWork(of: TrainingPack(rows: rows), by: decoder)
        let shared = TrainingWork(of: TrainingPack(rows: rows, sharedTokens: 8), by: decoder)
        #expect(apart.total < whole.total)
        #expect(apart.head == whole.head / 4)
        #expect(shared.blocks < apart.blocks / 2.5)
        #expect(shared.head == apart.head)
    }

    private static func adapted(_ model: String) throws -> Decoder {
        var decoder = try GoldenRun.decoder(model)
        for layer in 0..<decoder.config.layerCount {
            for linear in DecoderLinear.allCases {
                let weight = decoder[layer, linear].weight
                decoder[layer, linear].update = LowRankUpdate(
                    a: Tensor(rows: 2, columns: weight.columns),
                    bTransposed: Tensor(rows: 2, columns: weight.rows),
                    scale: 1,
                    isTrained: true
                )
            }
        }
        return decoder
    }
}
