import Foundation
import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoText

/// Tokenizers in SentencePiece's style, as Llama 2 and Mistral 7B have them: small ones of the same form, with what
/// Hugging Face's library makes of texts (see `Tests/Fixtures/tokenizer`).
@Suite("SentencePiece's way: marked spaces and byte fallback")
struct SentencePieceTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case llama = "llama-style"
        case mistral = "mistral-style"
        case unsplit

        var testDescription: String { rawValue }

        func load() throws -> Tokenizer {
            try TinyTokenizer.load([UInt8](Data(contentsOf: URL(filePath: path("json")))))
        }

        func path(_ suffix: String) -> String { Golden.path("tokenizer/\(rawValue).\(suffix)") }

        var cases: [JSON] {
            get throws {
                try String(contentsOfFile: path("jsonl"), encoding: .utf8).split(separator: "\n")
                    .map { try JSON(parsing: String($0)) }
            }
        }

        /// The file with few merges, so that a damaged copy is soon read.
        var smallFile: [UInt8] {
            get throws {
                let file = try JSON(parsing: String(contentsOfFile: path("json"), encoding: .utf8))
                var members = try #require(file.objectValue)
                var model = try #require(members["model"]?.objectValue)
                let vocabulary = try #require(model["vocab"]?.objectValue)
                let merges = try #require(model["merges"]?.arrayValue).prefix(8)
                let used = merges.compactMap(\.arrayValue).flatMap { $0.compactMap(\.stringValue) }
                let made = merges.compactMap(\.arrayValue).map { $0.compactMap(\.stringValue).joined() }
                let kept = vocabulary.filter {
                    $0.value.intValue ?? 0 < 260 || (used + made).contains($0.key)
                }
                model["vocab"] = .object(
                    JSONObject(kept.enumerated().map { ($0.element.key, .int(Int64($0.offset))) })
                )
                model["merges"] = .array(Array(merges))
                members["added_tokens"] = .array(
                    Array(try #require(members["added_tokens"]?.arrayValue).prefix(3))
                )
                members["model"] = .object(model)
                return Array(JSON.object(members).text().utf8)
            }
        }
    }

    @Test("Texts have the library's ids, and come back as its text", arguments: Kind.allCases)
    func texts(_ kind: Kind) throws {
        let tokenizer = try kind.load()
        var count = 0
        for row in try kind.cases {
            guard let text = row["text"]?.stringValue else { continue }
            count += 1
            let ids = try row.ids("ids")
            #expect(tokenizer.encode(text) == ids, "\(text.debugDescription)")
            #expect(sameBytes(tokenizer.decode(ids), try #require(row["decoded"]?.stringValue)))
        }
        #expect(count > 250)
    }

    @Test("Any ids have the library's text, at once and in pieces", arguments: Kind.allCases)
    func anyIDs(_ kind: Kind) throws {
        let tokenizer = try kind.load()
        for row in try kind.cases {
            let ids = try row.ids("ids")
            for (member, skips) in [("decoded", false), ("without_special", true)] {
                guard let text = row[member]?.stringValue else { continue }
                #expect(sameBytes(tokenizer.decode(ids, skippingSpecial: skips), text), "\(ids)")
                var stream = StreamDecoder(tokenizer, skippingSpecial: skips)
                #expect(sameBytes(ids.map { stream.push($0) }.joined() + stream.finish(), text), "\(ids)")
            }
        }
    }

    @Test("Offsets cover the whole text as given, in order", arguments: Kind.allCases)
    func offsets(_ kind: Kind) throws {
        let tokenizer = try kind.load()
        var random = SplitMix(seed: 17)
        for _ in 0..<2000 {
            let text = random.text(length: 24)
            let tokens = tokenizer.encodeWithOffsets(text)
            #expect(tokens.map(\.id) == tokenizer.encode(text))
            var end = 0
            for (_, range) in tokens {
                #expect(range.lowerBound == end, "\(text.debugDescription)")
                end = range.upperBound
            }
            #expect(end == text.utf8.count, "\(text.debugDescription)")
        }
    }

    @Test("A text without added tokens comes back as it was", arguments: Kind.allCases)
    func roundTrip(_ kind: Kind) throws {
        let tokenizer = try kind.load()
        var random = SplitMix(seed: 19)
        for _ in 0..<2000 {
            let text = random.text(length: 24)
            let ids = tokenizer.encode(text, parsingSpecial: false)
            // `<tool>` is cut out of the text, whose pieces are marked one by one.
            guard !text.utf8Contains("<tool>") else { continue }
            // Where nothing is put in front of a text that begins with a space, that is taken for what was put.
            let isEaten = kind == .mistral && text.utf8Starts(with: " ")
            #expect(sameBytes((isEaten ? " " : "") + tokenizer.decode(ids), tokenizer.normalized(text)))
        }
    }

    @Test("Tokens stand for bytes, spaces and text")
    func tokens() throws {
        let tokenizer = try Kind.llama.load()
        let byte = try #require(tokenizer.id(of: "<0x0A>"))
        #expect(tokenizer.bytes(of: byte) == [0x0A])
        #expect(tokenizer.encode("\n").last == byte || tokenizer.id(of: "\n") != nil)
        let space = try #require(tokenizer.id(of: "▁"))
        #expect(tokenizer.bytes(of: space) == [0x20])
    }

    @Test("A file that falls back to bytes has a token for each")
    func missingByte() throws {
        let text = try String(contentsOfFile: Kind.llama.path("json"), encoding: .utf8)
        let error = #expect(throws: TokenizerError.self) {
            try TinyTokenizer.load(text.replacing("\"<0x7F>\"", with: "\"<0x7G>\""))
        }
        #expect(error?.description.contains("<0x7F>") ?? false)
    }
}
