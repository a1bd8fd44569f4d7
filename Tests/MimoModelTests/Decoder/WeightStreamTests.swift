import MimoFiles
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoModel

@Suite struct WeightStreamTests {
    /// A model of six blocks of 6.8 MB each, written to a folder of its own.
    private struct WideModel {
        static let blocks = 6
        let folder: TemporaryFolder
        let decoder: Decoder

        init() throws {
            let folder = try TemporaryFolder()
            let config = """
                {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": 512,
                 "intermediate_size": 1536, "num_attention_heads": 4, "num_key_value_heads": 4,
                 "num_hidden_layers": \(Self.blocks), "vocab_size": 128, "rms_norm_eps": 1e-5,
                 "max_position_embeddings": 256, "tie_word_embeddings": true}
                """
            try folder.write(config, to: "config.json")
            try RandomModel(directory: folder.path).write(to: folder.file("model"), as: .bf16, seed: 1)
            var decoder = try Decoder(Checkpoint(directory: folder.file("model")))
            for layer in 0..<Self.blocks {
                let weight = decoder[layer, .down].weight
                let a = Tensor(rows: 2, columns: weight.columns)
                a.fill(0.01)
                decoder[layer, .down].update = LowRankUpdate(
                    a: a,
                    bTransposed: Tensor(rows: 2, columns: weight.rows),
                    scale: 1,
                    isTrained: true
                )
            }
            (self.folder, self.decoder) = (folder, decoder)
        }

        /// Bytes of one block's weights.
        var blockBytes: Int {
            DecoderLinear.allCases.reduce(0) { $0 + decoder[0, $1].weight.mappedBytes }
        }

        /// Resident bytes of the mapped files.
        func residentBytes() throws -> Int {
            var (total, counts) = (0, false)
            let reader = try LineReader(path: "/proc/self/smaps")
            while let bytes = try reader.next()?.bytes {
                let line = String(decoding: bytes, as: UTF8.self)
                let fields = line.split(separator: " ")
                if fields.count > 2, !fields[0].hasSuffix(":") {
                    counts = line.contains(folder.path)
                } else if counts, fields.first == "Rss:" {
                    total += (Int(fields[1]) ?? 0) << 10
                }
            }
            return total
        }
    }

    private static let pack = TrainingPack(rows: [
        TrainingPack.Row(
            ids: (0..<20).map { Int32($0 * 5) },
            labels: (0..<20).map { Int32($0 * 5) },
            number: 0
        )
    ])

    @Test("Of streamed blocks two are resident at a time, going up and down")
    func window() throws {
        let model = try WideModel()
        let stream = WeightStream(model.decoder, blocks: WideModel.blocks)
        #expect(
            model.decoder.streamedBytes(WideModel.blocks) == (WideModel.blocks - 2) * model.blockBytes
        )
        func use(_ block: Int) throws {
            let input = Tensor(rows: 1, columns: model.decoder.config.hiddenSize)
            let output = Tensor(rows: 1, columns: model.decoder[block, .gate].weight.rows)
            Gemm().multiply([output], input, by: [model.decoder[block, .gate].weight])
            stream.finishReading()
            // What the system maps around what is touched, at either end.
            let around = 4 << 20
            #expect(try model.residentBytes() <= 2 * model.blockBytes + around)
            #expect(try model.residentBytes() >= model.blockBytes)
        }
        for _ in 0..<2 {
            for block in 0..<WideModel.blocks {
                stream.willUseGoingUp(block)
                try use(block)
            }
            for block in (0..<WideModel.blocks).reversed() {
                stream.willUseGoingDown(block, lowest: 0)
                try use(block)
            }
        }
    }

    @Test(
        "A pass leaves no more of its streamed blocks resident, and finds the same bits",
        arguments: [3, 6]
    )
    func pass(streamed: Int) throws {
        let model = try WideModel()
        func run(_ streamed: Int) throws -> (loss: Double, gradients: [[Float]], resident: Int) {
            let pass = TrainingPass(model.decoder, streamedBlocks: streamed)
            let updates = (0..<WideModel.blocks).compactMap { model.decoder[$0, .down].update }
            for update in updates { update.gradientB?.fill(0) }
            let loss = (0..<2).map { _ in pass.run(Self.pack, normalizer: 19).main.loss }
            #expect(loss[0] == loss[1])
            return (loss[0], updates.compactMap { $0.gradientB?.elements }, try model.residentBytes())
        }
        let whole = try run(0)
        let part = try run(streamed)
        #expect(part.loss == whole.loss)
        #expect(part.gradients == whole.gradients)
        #expect(whole.gradients.contains { $0.contains { $0 != 0 } })
        #expect(part.resident <= whole.resident - model.decoder.streamedBytes(streamed) + 4 << 20)
    }

    @Test("Streamed blocks lie evenly among the others; of fewer than three none is given back")
    func places() throws {
        let model = try WideModel()
        for count in 0...WideModel.blocks {
            #expect(model.decoder.streamedBytes(count) == max(0, count - 2) * model.blockBytes)
        }
        #expect(WeightStream.indices(3, of: 6) == [1, 3, 5])
        #expect(WeightStream.indices(12, of: 36) == Array(stride(from: 2, to: 36, by: 3)))
        for count in 0...36 { #expect(WeightStream.indices(count, of: 36).count == count) }
    }

    @Test("Any number of streamed blocks gives the same gradients, bit by bit", arguments: Golden.tinyModels)
    func bits(model: String) throws {
        let decoder = try GoldenRun.trainedDecoder(model)
        let gradient = try #require(decoder[0, .query].update?.gradientB)
        var found: [[Float]] = []
        for streamed in 0...decoder.config.layerCount {
            for recomputed in 0...1 {
                gradient.fill(0)
                let pass = TrainingPass(
                    decoder,
                    recomputedBlocks: recomputed,
                    streamedBlocks: streamed
                )
                _ = pass.run(Self.pack, normalizer: 19, dropout: (key: 5, probability: 0.1))
                found.append(gradient.elements)
            }
        }
        #expect(found.allSatisfy { $0 == found[0] })
        #expect(found[0].contains { $0 != 0 })
    }
}
