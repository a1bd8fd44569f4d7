import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@testable import MimoData

/// Rows without a template: text as it is, and what ends it.
@Suite struct PlainTextTests {
    private let tokenizer: Tokenizer

    init() throws {
        tokenizer = try Tokenizer(directory: "\(Golden.package)Sources/mimo-sft/MiMo-Nano")
    }

    private func encoder(
        _ scale: String,
        _ tokens: BoundaryTokens? = nil,
        _ change: (inout RowEncoder.Options) -> Void = { _ in }
    ) throws -> RowEncoder {
        var options = RowEncoder.Options()
        (options.tokenization, options.parsesSpecialInContent) = (.offsets, false)
        change(&options)
        return try RowEncoder(
            tokenizer: tokenizer,
            template: RoundTemplate(plainTextFor: "qwen", tokens: tokens ?? BoundaryTokens(tokenizer)),
            lossScale: LossScale(scale),
            options: options
        )
    }

    private func samples(_ row: String, _ encoder: RowEncoder) throws -> [Sample] {
        let row = try RowStandardizer().standardize(JSON(parsing: row))
        return try encoder.explained(row).map(\.sample)
    }

    @Test(
        "A text is its tokens and the end token, all of them learned, in whatever shape it comes",
        arguments: ["One, two.\n\n三四", " starts with a space", "<think>\nhm\n</think>\n\nWell.", "x"],
        [
            #"{"text": TEXT}"#, #"{"content": TEXT}"#, #"{"response": TEXT}"#,
            #"{"messages": [{"role": "assistant", "content": TEXT}]}"#,
            #"{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": TEXT}]}"#,
        ]
    )
    func text(text: String, shape: String) throws {
        let row = shape.replacing("TEXT", with: JSON.string(text).text())
        let sample = try #require(samples(row, encoder("all")).first)
        let end = try #require(tokenizer.eosTokenID)
        #expect(sample.ids == tokenizer.encode(text) + [end])
        #expect(sample.labels == [-100] + sample.ids.dropFirst())
        #expect(sample.lossScale == nil)
    }

    @Test("Without pre-training's loss scale only the answer and the end token behind it are learned")
    func answers() throws {
        let row = #"{"query": "The capital of Peru is", "response": " Lima."}"#
        let (query, answer) = (tokenizer.encode("The capital of Peru is"), tokenizer.encode(" Lima."))
        let end = try #require(tokenizer.eosTokenID)
        let sample = try #require(samples(row, encoder("default")).first)
        #expect(sample.ids == query + answer + [end])
        #expect(sample.labels == query.map { _ in -100 } + answer + [end])
        let all = try #require(samples(row, encoder("all")).first)
        #expect(all.ids == sample.ids && all.labels == [-100] + all.ids.dropFirst())
    }

    @Test("What the tokenizer puts around every text is put around it")
    func boundaries() throws {
        let leading = BoundaryTokens(beginning: 5, end: 7, endText: "<|im_end|>", leading: [5])
        let first = try #require(samples(#"{"text": "abc"}"#, encoder("all", leading)).first)
        #expect(first.ids == [5] + tokenizer.encode("abc") + [7])
        let trailing = BoundaryTokens(end: 7, endText: "<|im_end|>", trailing: [9])
        let second = try #require(samples(#"{"text": "abc"}"#, encoder("all", trailing)).first)
        #expect(second.ids == tokenizer.encode("abc") + [9])
    }

    @Test("A text that brings its end is not ended twice")
    func ownEnd() throws {
        let text = "abc<|im_end|>"
        let row = #"{"text": "\#(text)"}"#
        let sample = try #require(samples(row, encoder("all") { $0.parsesSpecialInContent = true }).first)
        #expect(sample.ids == tokenizer.encode(text))
        // Of a stop word in the middle nothing follows, and control tokens stay words unless asked for.
        let middle = try #require(samples(#"{"text": "a<|im_end|>b"}"#, encoder("all")).first)
        #expect(middle.ids.count { $0 == tokenizer.eosTokenID } == 1)
    }

    @Test("Of several rounds the last is written, and a system prompt is refused")
    func rounds() throws {
        let rounds = #"{"history": [["a", "b"]], "query": "c", "response": "d"}"#
        let sample = try #require(samples(rounds, encoder("all")).first)
        #expect(
            try sample.ids == tokenizer.encode("c") + tokenizer.encode("d") + [#require(tokenizer.eosTokenID)]
        )
        #expect(throws: ChatTemplateError.self) {
            try samples(#"{"system": "s", "query": "c", "response": "d"}"#, encoder("all"))
        }
        #expect(throws: ChatTemplateError.self) {
            try RoundTemplate(plainTextFor: nil, tokens: BoundaryTokens(tokenizer), system: "Be brief.")
        }
    }

    @Test("A long text is cut into rows that together are the text", arguments: [2, 7, 64])
    func split(length: Int) throws {
        let text = (0..<60).map { "word\($0)" }.joined(separator: " ")
        let encoder = try encoder("all") { ($0.maxLength, $0.truncation) = (length, .split) }
        let parts = try samples(#"{"text": "\#(text)"}"#, encoder)
        let end = try #require(tokenizer.eosTokenID)
        #expect(parts.flatMap(\.ids) == tokenizer.encode(text) + [end])
        #expect(parts.count > 1 && parts.allSatisfy { $0.ids.count <= length })
    }
}
