import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@Suite(.enabled(if: ChatGoldenTests.isPresent, "needs ../shared"))
struct TokenCheckTests {
    @Test(arguments: ["mimo", "smollm2"], ["mimo_rl", "chatml", "qwen2_5"])
    func thereIsNothingToFindWhereTextIsCutAsInferenceCuts(tokenizer: String, template: String) throws {
        for seed in 0..<150 {
            let scale = TokenizationTests.scales[seed % TokenizationTests.scales.count]
            let check = TokenCheck(try TokenizationTests.encoder(tokenizer, template, scale))
            #expect(try check.mismatches(in: TokenizationTests.conversation(seed)) == [], "seed \(seed)")
        }
    }

    /// The same for tokenizers in SentencePiece's style, which put a space in front of every piece of text.
    @Test(arguments: ["llama-style", "mistral-style", "unsplit"], ["chatml", "llama", "zephyr"])
    func thereIsNothingToFindInSentencePiecesWay(tokenizer: String, template: String) throws {
        let folder = try TemporaryFolder()
        let file = try String(contentsOfFile: Golden.path("tokenizer/\(tokenizer).json"), encoding: .utf8)
        try folder.write(file, to: "tokenizer.json")
        try folder.write(#"{"bos_token": "<s>", "eos_token": "</s>"}"#, to: "tokenizer_config.json")
        let tokenizer = try Tokenizer(directory: folder.path)
        var options = RowEncoder.Options()
        options.tokenization = .offsets
        options.parsesSpecialInContent = false
        for seed in 0..<100 {
            let encoder = try RowEncoder(
                tokenizer: tokenizer,
                template: RoundTemplate(named: template, tokens: BoundaryTokens(tokenizer)),
                lossScale: LossScale(TokenizationTests.scales[seed % TokenizationTests.scales.count]),
                options: options
            )
            let found = try TokenCheck(encoder).mismatches(in: TokenizationTests.conversation(seed))
            #expect(found == [], "seed \(seed)")
        }
    }

    @Test(arguments: ["mimo", "smollm2"]) func theReferencesWayIsFoundOut(tokenizer: String) throws {
        var found = 0
        for seed in 0..<150 {
            let encoder = try TokenizationTests.encoder(
                tokenizer,
                "mimo_rl",
                "ignore_empty_think",
                tokenization: .segments,
                parsesSpecial: true
            )
            found += try TokenCheck(encoder).mismatches(in: TokenizationTests.conversation(seed)).count
        }
        #expect(found > 3)
    }

    @Test func aMismatchIsSaidInWords() throws {
        let encoder = try TokenizationTests.encoder(
            "mimo",
            "mimo_rl",
            "ignore_empty_think",
            tokenization: .segments
        )
        let conversation = Conversation([Message(.user, "q"), Message(.assistant, "<think></think> Answer")])
        let mismatch = try #require(try TokenCheck(encoder).mismatches(in: conversation).first)
        #expect(mismatch.kind == .answer)
        #expect(mismatch.trained.first == " ")
        #expect(mismatch.inferred.first == " Answer")
        #expect("\(mismatch)".contains(#"trained on " " "Answer""#))
    }

    @Test func aHistoryThatLosesItsThinkingAtInferenceIsFoundOut() throws {
        let conversation = Conversation([
            Message(.user, "a"), Message(.assistant, "<think>\nhm\n</think>\n\nb"), Message(.user, "c"),
            Message(.assistant, "<think>\nso\n</think>\n\nd"),
        ])
        let all = try TokenizationTests.encoder("mimo", "qwen3")
        #expect(try TokenCheck(all).mismatches(in: conversation).map(\.kind) == [.prompt])
        let last = try TokenizationTests.encoder("mimo", "qwen3", "last_round")
        #expect(try TokenCheck(last).mismatches(in: conversation).filter { $0.answer == 2 } == [])
    }

    @Test(
        arguments: [
            ("qwen", "default", 0), ("qwen", "ignore_empty_think", 0), ("qwen", "ignore_think_prefix", 1),
            ("qwq", "default", 0), ("qwq", "ignore_empty_think", 1), ("qwq", "ignore_think_prefix", 0),
            ("qwen3", "ignore_empty_think", 0),
        ]
    )
    func recipesThatContradictTheirTemplateAreSaid(template: String, lossScale: String, count: Int) throws {
        #expect(try TokenizationTests.encoder("mimo", template, lossScale).warnings.count == count)
    }
}
