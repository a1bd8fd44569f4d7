import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct MultiTokenPredictionTests {
    @Test(
        "The prediction layer's logits equal the reference's, with and without vLLM's zero",
        arguments: [true, false]
    )
    func logits(zeroes: Bool) throws {
        let checkpoint = try Checkpoint(directory: Golden.path("model/tiny-mimo"))
        let layer = try MultiTokenPrediction(checkpoint)
        let file = try SafetensorsFile(path: Golden.path("model/tiny-mimo/mtp.safetensors"))
        let logits = layer.logits(
            states: try file.tensor("h_prev"),
            nextIDs: try GoldenRun.ids(file, "next_ids"),
            of: try Decoder(checkpoint),
            zeroesFirstEmbedding: zeroes
        )
        let expected = try file.tensor(zeroes ? "logits" : "logits_no_zeroing")
        expectClose(logits.elements, expected.elements, atol: 1e-4)
    }

    @Test(
        "The layer with its cache predicts as the reference does, in parts of any size",
        arguments: [1, 2, 7, 63]
    )
    func parts(step: Int) throws {
        let file = try SafetensorsFile(path: Golden.path("model/tiny-mimo/mtp.safetensors"))
        let states = try file.tensor("h_prev")
        let nextIDs = try GoldenRun.ids(file, "next_ids")
        let decoder = try Decoder(Checkpoint(directory: Golden.path("model/tiny-mimo")), withPrediction: true)
        let expected = try file.tensor("logits_no_zeroing")
        let pass = InferencePass(decoder)
        let cache = KeyValueCache(predicting: decoder.config, capacity: 1)
        for start in stride(from: 0, to: nextIDs.count, by: step) {
            let rows = start..<min(start + step, nextIDs.count)
            let isScored = start / step % 3 != 1
            let ahead = InferencePass.Ahead(
                cache: cache,
                states: states.rows(rows),
                nextIDs: Array(nextIDs[rows]),
                isScored: isScored
            )
            let logits = try #require(pass.predict([ahead]))
            #expect(logits.rows == (isScored ? 1 : 0))
            guard isScored else { continue }
            let last = rows.upperBound - 1
            expectClose(logits.elements, expected.rows(last..<last + 1).elements, atol: 1e-4)
        }
        #expect(cache.count == nextIDs.count)
    }
}
