import MimoFiles
import MimoText
import Testing

@Suite("The reference's ids and texts", .enabled(if: GoldenTokenizers.arePresent))
struct TokenizerGoldenTests {
    @Test(
        "Every golden text gives the reference's ids, and these its text",
        arguments: GoldenTokenizers.allCases
    )
    func encodesAndDecodes(_ which: GoldenTokenizers) throws {
        let tokenizer = try which.tokenizer()
        let rows = try GoldenTokenizers.rows("tokenizer/\(which).jsonl")
        #expect(!rows.isEmpty)
        for row in rows {
            let text = try #require(row["text"]?.stringValue)
            let ids = try row.ids("ids")
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            let decoded = try #require(row["decoded"]?.stringValue)
            #expect(sameBytes(tokenizer.decode(ids), decoded), "\(text.debugDescription)")
        }
    }

    @Test(
        "Offsets come with the same ids, in order, and cover the text",
        arguments: GoldenTokenizers.allCases
    )
    func offsets(_ which: GoldenTokenizers) throws {
        let tokenizer = try which.tokenizer()
        for row in try GoldenTokenizers.rows("tokenizer/\(which).jsonl") {
            let text = try #require(row["text"]?.stringValue)
            let tokens = tokenizer.encodeWithOffsets(text)
            #expect(tokens.map(\.id) == tokenizer.encode(text))
            let bytes = Array(text.utf8)
            let isUnchanged = sameBytes(tokenizer.normalized(text), text)
            var end = 0
            for (id, range) in tokens {
                #expect(range.lowerBound >= 0 && range.upperBound <= bytes.count)
                if isUnchanged, tokenizer.bytes(of: id)?.count == range.count {
                    #expect(tokenizer.bytes(of: id) == Array(bytes[range]))
                }
                if isUnchanged { #expect(range.lowerBound >= end) }
                end = range.upperBound
            }
            if which == .mimo { #expect(end == bytes.count, "\(text.debugDescription)") }
        }
    }

    @Test("A stream shows each character once it is whole", arguments: GoldenTokenizers.allCases)
    func streams(_ which: GoldenTokenizers) throws {
        let tokenizer = try which.tokenizer()
        let rows = try GoldenTokenizers.rows("tokenizer/\(which)_decode_stream.jsonl")
        #expect(!rows.isEmpty)
        for row in rows {
            let ids = try row.ids("ids")
            let expected = try #require(row["pieces"]?.arrayValue).map { try #require($0.stringValue) }
            var stream = StreamDecoder(tokenizer, skippingSpecial: false)
            let pieces = ids.map { stream.push($0) }
            #expect(pieces.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(ids)")
            #expect(sameBytes(pieces.joined() + stream.finish(), tokenizer.decode(ids)))
        }
    }
}
