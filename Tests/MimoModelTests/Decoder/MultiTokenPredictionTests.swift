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
}
