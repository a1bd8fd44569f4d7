import Foundation
import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoText

@Suite("Files that a tokenizer is made from")
struct TokenizerFileTests {
    private func error(_ tiny: TinyTokenizer) -> TokenizerError? {
        do {
            _ = try tiny.load()
            return nil
        } catch {
            return error as? TokenizerError
        }
    }

    private func error(_ text: String) -> TokenizerError? {
        do {
            _ = try TinyTokenizer.load(text)
            return nil
        } catch {
            return error as? TokenizerError
        }
    }

    @Test("What the file asks for and is not done here is refused by its name")
    func unsupported() throws {
        func refuses(
            _ words: String,
            _ change: (inout TinyTokenizer) -> Void,
            _ location: SourceLocation = #_sourceLocation
        ) {
            var tiny = TinyTokenizer()
            change(&tiny)
            guard case .unsupported(_, let feature)? = error(tiny) else {
                Issue.record("accepted", sourceLocation: location)
                return
            }
            #expect(feature.contains(words), sourceLocation: location)
        }
        refuses("NFKC") { $0.normalizer = ["type": "NFKC"] }
        refuses("Lowercase") { $0.normalizer = ["type": "Sequence", "normalizers": [["type": "Lowercase"]]] }
        refuses("ByteLevel") { $0.preTokenizer = ["type": "Metaspace", "replacement": "▁"] }
        refuses("Metaspace") { $0.preTokenizer = ["type": "Metaspace", "replacement": "_"] }
        refuses("ByteLevel") {
            $0.normalizer = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
        }
        refuses("\\\\w+") {
            $0.preTokenizer = TinyTokenizer.sequence([
                "type": "Split", "pattern": ["Regex": "\\w+"], "behavior": "Isolated",
            ])
        }
        refuses("add_prefix_space") { $0.preTokenizer = ["type": "ByteLevel", "add_prefix_space": true] }
        refuses("individual_digits") {
            $0.preTokenizer = TinyTokenizer.sequence(["type": "Digits", "individual_digits": false])
        }
        refuses("end with ByteLevel") { $0.preTokenizer = ["type": "Digits", "individual_digits": true] }
        refuses("Metaspace") { $0.decoder = ["type": "Metaspace"] }
        refuses("Strip") {
            $0.decoder = [
                "type": "Sequence",
                "decoders": [
                    ["type": "Replace", "pattern": ["String": "▁"], "content": " "],
                    ["type": "ByteFallback"], ["type": "Fuse"],
                    ["type": "Strip", "content": " ", "start": 2, "stop": 0],
                ],
            ]
        }
        refuses("WordPiece") { $0.modelMembers = [("type", "WordPiece")] }
        refuses("dropout") { $0.modelMembers = [("type", "BPE"), ("dropout", 0.1)] }
        refuses("continuing_subword_prefix") {
            $0.modelMembers = [("type", "BPE"), ("continuing_subword_prefix", "##")]
        }
        refuses("unk_token") { $0.modelMembers = [("type", "BPE"), ("unk_token", "<unk>")] }
    }

    @Test("A file that contradicts itself is refused with what is wrong")
    func malformed() throws {
        let good = TinyTokenizer().json.text()
        func refuses(_ words: String, _ text: String, _ location: SourceLocation = #_sourceLocation) {
            guard case .malformed(_, let reason)? = error(text) else {
                Issue.record("accepted: \(words)", sourceLocation: location)
                return
            }
            #expect(reason.contains(words), "\(reason)", sourceLocation: location)
        }
        #expect(error(good) == nil)
        refuses("not valid JSON at byte 0", "")
        refuses("not valid JSON", String(good.dropLast()))
        refuses("something follows", good + "x")
        refuses(
            "no \"model\"",
            #"{"pre_tokenizer": {"type": "ByteLevel"}, "decoder": {"type": "ByteLevel"}}"#
        )
        refuses("twice", good.replacing("\"normalizer\"", with: "\"version\""))
        refuses("which another token has, too", good.replacing("\"hell\": 258", with: "\"hell\": 257"))
        refuses("ids go from 0", good.replacing("\"hell\": 258", with: "\"hell\": -1"))
        refuses("ids go from 0", good.replacing("\"hell\": 258", with: "\"hell\": 99999999999"))
        refuses("too large", good.replacing("\"hell\": 258", with: "\"hell\": 99999999999999999999"))
        refuses("whole number", good.replacing("\"hell\": 258", with: "\"hell\": 258.5"))
        refuses("twice", good.replacing("\"hell\": 258", with: "\"ll\": 258"))
        refuses("not in the vocabulary", good.replacing("\"he ll\"", with: "\"he lo\""))
        refuses("stands there twice", good.replacing("\"l l\"", with: "\"h e\""))
        refuses("a space between", good.replacing("\"l l\"", with: "\"ll\""))
        refuses("a space between", good.replacing("\"l l\"", with: "\"l l l\""))
        refuses("one token", good.replacing("\"l l\"", with: "[\"l\"]"))
        refuses("more than two", good.replacing("\"l l\"", with: "[\"l\", \"l\", \"l\"]"))
        refuses("comes next", good.replacing("\"id\": 268", with: "\"id\": 300"))
        refuses("both id", good.replacing("\"<tool>\"", with: "\"hello\""))
        refuses("\"content\"", good.replacing("\"content\": \"<tool>\"", with: "\"content\": 5"))
        refuses(
            "no token <0x00>",
            good.replacing("\"type\": \"BPE\"", with: "\"type\": \"BPE\", \"byte_fallback\": true")
        )
        refuses("half a surrogate", good.replacing("<tool>", with: "\\ud800"))
    }

    @Test("Merges come in both spellings, before the vocabulary or behind it")
    func forms() throws {
        let tiny = TinyTokenizer()
        let expected = try tiny.load().encode("hello hello 12\n\n")
        guard var file = tiny.json.objectValue, var model = file["model"]?.objectValue else { return }
        let pairs = tiny.merges.map { JSON.array($0.split(separator: " ").map { .string(String($0)) }) }
        model["merges"] = .array(pairs)
        file["model"] = .object(model)
        #expect(try TinyTokenizer.load(JSON.object(file).text()).encode("hello hello 12\n\n") == expected)
        file["model"] = .object(JSONObject([("merges", .array(pairs)), ("vocab", model["vocab"] ?? nil)]))
        #expect(try TinyTokenizer.load(JSON.object(file).text()).encode("hello hello 12\n\n") == expected)
    }

    @Test("With ignore_merges a word that is a token is taken whole")
    func wholeWords() throws {
        var tiny = TinyTokenizer()
        tiny.merges = ["h e", "l l", "he ll", "o o"]
        tiny.preTokenizer = TinyTokenizer.split(#"\p{N}{1,3}"#)
        let plain = tiny.json.text().replacing("\"oo\": 259", with: "\"oo\": 259, \"hello\": 260")
            .replacing("\"id\": 26", with: "\"id\": 1026").replacing("\"id\": 10260", with: "\"id\": 261")
            .replacing("\"id\": 10261", with: "\"id\": 262").replacing("\"id\": 10262", with: "\"id\": 263")
        #expect(try TinyTokenizer.load(plain).encode("hello").count == 2)
        let whole = plain.replacing("\"type\": \"BPE\"", with: "\"type\": \"BPE\", \"ignore_merges\": true")
        #expect(try TinyTokenizer.load(whole).encode("hello") == [260])
    }

    @Test("A directory without a tokenizer is an error with its path")
    func missing() {
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(directory: "/nowhere") }
        #expect(error?.description.hasPrefix("/nowhere/tokenizer.json: cannot be read") ?? false)
    }

    @Test(
        "A tokenizer of another tool is named, with how to make a tokenizer.json of it",
        arguments: ["tokenizer.model", "tekken.json"]
    )
    func otherTools(_ name: String) throws {
        let folder = try TemporaryFolder()
        try folder.write("x", to: name)
        let error = #expect(throws: TokenizerError.self) { try Tokenizer(directory: folder.path) }
        #expect(error == .onlyOther(directory: folder.path, file: name))
        #expect(error?.description.contains("AutoTokenizer.from_pretrained") ?? false)
    }

    @Test("Damaged files are refused or load, and never trap")
    func fuzz() throws {
        var tiny = TinyTokenizer()
        tiny.normalizer = ["type": "NFC"]
        let files =
            try [Array(tiny.json.text().utf8)] + SentencePieceTests.Kind.allCases.map { try $0.smallFile }
        Fuzz.run("tokenizer.json") { seed, random in
            var bytes = random.one(of: files)
            for _ in 0...random.below(4) { random.damage(&bytes) }
            do {
                let tokenizer = try TinyTokenizer.load(bytes)
                let text = random.text(length: 20)
                _ = tokenizer.decode(tokenizer.encode(text))
                _ = tokenizer.encodeWithOffsets(text, parsingSpecial: false)
            } catch {
                #expect(error is TokenizerError, "seed \(seed): \(error)")
            }
        }
    }
}
