import MimoFiles
import MimoModel
import MimoNumerics
import MimoTestSupport
import MimoText
import Testing

@testable import MimoInfer

/// What transformers makes of a real model; skipped where its weights are not there (see ``SmolLM2``).
@Suite(.enabled(if: SmolLM2.has("greedy.json"), "SmolLM2's weights are not there: set MIMO_SMOLLM2"))
struct SmolLM2GoldenTests {
    let decoder: Decoder
    let tokenizer: Tokenizer

    init() throws {
        let folder = try #require(SmolLM2.folder)
        decoder = try Decoder(Checkpoint(directory: folder))
        tokenizer = try Tokenizer(directory: folder)
    }

    static func cases(_ name: String) throws -> [JSON] {
        let storage = try TensorStorage(mapping: Golden.path("model/smollm2/\(name)"))
        return try #require(JSON(parsing: storage.bytes(0..<storage.byteCount)).arrayValue)
    }

    static func ids(_ json: JSON?) -> [Int32] {
        (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int32($0) } }
    }

    func generator(batch: Int = 1) -> Generator {
        Generator(
            decoder,
            tokenizer: tokenizer,
            stopRules: StopRules(config: decoder.config, tokenizer: tokenizer, template: nil),
            maxBatchSize: batch
        )
    }

    @Test(
        "Greedy answers have the reference's ids and text, one at a time and all at once",
        arguments: [1, 4]
    )
    func greedy(batch: Int) throws {
        let cases = try Self.cases("greedy.json")
        #expect(cases.count == 4)
        let requests = cases.map { sample in
            GenerationRequest(
                prompt: Self.ids(sample["ids"]),
                options: GenerationOptions(sampling: .greedy, maxNewTokens: 64)
            )
        }
        let answers = try GeneratorTests.answers(generator(batch: batch), requests)
        for (answer, sample) in zip(answers, cases) {
            #expect(answer.ids == Self.ids(sample["generated"]))
            let isStopped = sample["stopped"]?.boolValue == true
            #expect(answer.finishReason == (isStopped ? .stop : .length))
            let text = try #require(sample["decoded"]?.stringValue)
            let end = isStopped ? "<|im_end|>" : ""
            #expect((answer.text + end).utf8.elementsEqual(text.utf8))
        }
    }

    @Test("The most likely next tokens and the loss of the prompt are the reference's")
    func forward() throws {
        for sample in try Self.cases("forward.json") {
            let ids = Self.ids(sample["ids"])
            let logits = InferencePass(decoder).run([(KeyValueCache(decoder.config), ids)], logits: .all)
            let rows = (0..<ids.count).map { logits.rows($0..<$0 + 1).elements }
            let last = try #require(rows.last)
            let expected = try #require(sample["top10"]?.arrayValue)
            let found = TokenLogProbability(of: ids[0], in: last, top: expected.count).top
            for (alternative, entry) in zip(found, expected) {
                #expect(alternative.id == entry["id"]?.intValue.map { Int32($0) })
                let expected = try #require(entry["logprob"]?.doubleValue)
                #expect(abs(alternative.logProbability - expected) < 3e-4)
            }
            let losses = zip(rows, ids.dropFirst()).map {
                -TokenLogProbability(of: $1, in: $0, top: 0).logProbability
            }
            let loss = try #require(sample["mean_next_token_loss"]?.doubleValue)
            #expect(abs(losses.reduce(0, +) / Double(losses.count) - loss) < 3e-5)
        }
    }
}
