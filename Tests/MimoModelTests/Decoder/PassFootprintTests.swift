import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct PassFootprintTests {
    @Test(
        "A rehearsal foretells to the byte what a pass holds",
        arguments: Golden.tinyModels,
        [0, 1, 2]
    )
    func rehearsal(model: String, recomputedBlocks: Int) throws {
        let decoder = try GoldenRun.trainedDecoder(model)
        holdingThreads {
            for (tokens, dropout) in [(1, Float(0)), (37, 0), (300, 0), (300, 0.1)] {
                let foretold = PassFootprint(
                    decoder,
                    tokens: tokens,
                    recomputedBlocks: recomputedBlocks,
                    dropout: dropout
                )
                let pass = TrainingPass(decoder, recomputedBlocks: recomputedBlocks)
                let ids = (0...tokens).map { Int32($0 % 50) }
                let pack = TrainingPack(rows: [TrainingPack.Row(ids: ids, labels: ids, number: 0)])
                let result = pass.run(
                    pack,
                    normalizer: 1,
                    dropout: dropout > 0 ? (key: 1, probability: dropout) : nil
                )
                #expect(result.main.targets == tokens)
                #expect(pass.footprint == foretold)
            }
        }
    }

    @Test("A rehearsal computes nothing: the model's gradients stay what they are", arguments: ["tiny-qwen2"])
    func rehearsalIsIdle(model: String) throws {
        let decoder = try GoldenRun.trainedDecoder(model)
        let gradient = try #require(decoder[0, .query].update?.gradientA)
        gradient.fill(3)
        _ = PassFootprint(decoder, tokens: 50, recomputedBlocks: 0, dropout: 0.1)
        #expect(gradient.elements.allSatisfy { $0 == 3 })
    }

    @Test("Recomputing blocks never takes more memory", arguments: Golden.tinyModels)
    func recomputationSaves(model: String) throws {
        let decoder = try GoldenRun.decoder(model)
        let bytes = (0...decoder.config.layerCount).map {
            PassFootprint(decoder, tokens: 64, recomputedBlocks: $0, dropout: 0).kept
        }
        #expect(zip(bytes, bytes.dropFirst()).allSatisfy { $0 >= $1 })
    }
}
