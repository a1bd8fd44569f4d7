import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoText

@Suite("Encoding and decoding")
struct TokenizerTests {
    /// The texts that the tokens of a text stand for.
    private func pieces(_ text: String, _ tiny: TinyTokenizer = TinyTokenizer(), special: Bool = true) throws
        -> [String]
    {
        let tokenizer = try tiny.load()
        return tokenizer.encode(text, parsingSpecial: special).map { tokenizer.decode([$0]) }
    }

    @Test("Merges apply by rank, the leftmost first")
    func merges() throws {
        #expect(try pieces("hello hello") == ["hello", " hello"])
        #expect(try pieces("hellhello") == ["hell", "hello"])
        #expect(try pieces("lll") == ["ll", "l"])
        #expect(try pieces("") == [])
    }

    @Test("A long word is encoded like a short one, in time that does not grow with its square")
    func longWords() throws {
        let tokenizer = try TinyTokenizer().load()
        let hello = try #require(tokenizer.id(of: "hello"))
        for count in [1, 12, 13, 14, 1000, 20_000] {
            #expect(
                tokenizer.encode(String(repeating: "hello", count: count))
                    == Array(repeating: hello, count: count)
            )
        }
    }

    @Test(
        "Numbers are cut as the expression says",
        arguments: [(#"\p{N}"#, ["1", "2", "3", "4"]), (#"\p{N}{1,3}"#, ["123", "4"])]
    )
    func numbers(_ number: String, _ expected: [String]) throws {
        #expect(try pieces("1234", TinyTokenizer(preTokenizer: TinyTokenizer.split(number))) == expected)
    }

    @Test("Words are the parts that the expression matches, whatever stands around")
    func words() throws {
        func words(_ text: String, _ stages: [PreTokenizer.Stage]) -> [String] {
            var text = text
            var words: [String] = []
            text.withUTF8 { bytes in
                var ends: [Int] = []
                PreTokenizer(stages: stages).appendWordEnds(of: bytes, in: 0..<bytes.count, to: &ends)
                var start = 0
                for end in ends {
                    words.append(String(decoding: bytes[start..<end], as: UTF8.self))
                    start = end
                }
            }
            return words
        }
        let qwen = [PreTokenizer.Stage.cl100k(CL100KPattern(longestNumber: 1))]
        #expect(words("I'LL say it'ſ", qwen) == ["I", "'LL", " say", " it", "'ſ"])
        #expect(words("a  b\n\n  c \n", qwen) == ["a", " ", " b", "\n\n", " ", " c", " \n"])
        #expect(words("x!!\n\ny\u{3000}z", qwen) == ["x", "!!\n\n", "y", "\u{3000}z"])
        #expect(words("12 34", qwen) == ["1", "2", " ", "3", "4"])
        #expect(words("अनुच्छेद", qwen) == ["अन", "ुच", "्छ", "ेद"])
        #expect(words("अनुच्छेद", [.cl100k(CL100KPattern(longestNumber: 1, marksAreLetters: true))]) == ["अनुच्छेद"])
        #expect(words("it's 12  ok\n", [.gpt2]) == ["it", "'s", " 12", " ", " ok", "\n"])
        #expect(words("it's 12  ok\n", [.digits, .gpt2]) == ["it", "'s", " ", "1", "2", " ", " ok", "\n"])
    }

    // MARK: Added tokens

    @Test("Of two added tokens that begin alike the longer is found")
    func longestAddedToken() throws {
        #expect(
            try pieces("<|end|><|endless|><|endles") == ["<|end|>", "<|endless|>"]
                + "<|endles".map(String.init)
        )
    }

    @Test("Control tokens in a text stay text unless they are parsed; others are always found")
    func parsingSpecial() throws {
        #expect(try pieces("<|end|><tool>", special: false) == "<|end|>".map(String.init) + ["<tool>"])
        let tokenizer = try TinyTokenizer().load()
        let end = try #require(tokenizer.id(of: "<|end|>"))
        #expect(tokenizer.isSpecial(end))
        #expect(!tokenizer.encode("a<|end|>", parsingSpecial: false).contains(end))
        #expect(tokenizer.decode(tokenizer.encode("a<|end|>b"), skippingSpecial: true) == "ab")
    }

    @Test("The flags of added tokens")
    func flags() throws {
        var tiny = TinyTokenizer()
        tiny.addedTokens = [
            TinyTokenizer.added("<L>", lstrip: true), TinyTokenizer.added("<R>", rstrip: true),
            TinyTokenizer.added("word", singleWord: true),
        ]
        let tokenizer = try tiny.load()
        func ranges(_ text: String) -> [Range<Int>] { tokenizer.encodeWithOffsets(text).map(\.range) }
        #expect(ranges("a \n<L> b") == [0..<1, 1..<6, 6..<7, 7..<8])
        #expect(ranges("a<R>\u{3000} b") == [0..<1, 1..<8, 8..<9])
        #expect(ranges("word word") == [0..<4, 4..<5, 5..<9])
        #expect(ranges("aword") == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5])
        #expect(ranges("word_").count == 5)
    }

    @Test("An added token marked as normalised is found in the composed text, others in the text as given")
    func normalizedTokens() throws {
        var tiny = TinyTokenizer()
        tiny.normalizer = ["type": "NFC"]
        tiny.addedTokens = [
            TinyTokenizer.added("e\u{301}!", normalized: true), TinyTokenizer.added("e\u{301}?"),
        ]
        let tokenizer = try tiny.load()
        #expect(tokenizer.encode("\u{e9}!").count == 1)
        #expect(tokenizer.encode("e\u{301}!").count == 1)
        #expect(tokenizer.encode("e\u{301}?").count == 1)
        #expect(tokenizer.encode("\u{e9}?").count == 2)
    }

    @Test(
        "A role of tokenizer_config.json names the token and its id, and makes a word of the vocabulary special"
    )
    func roles() throws {
        var tiny = TinyTokenizer()
        tiny.configuration = [
            "eos_token": ["content": "<|end|>"], "bos_token": "hello", "pad_token": "nowhere",
        ]
        let tokenizer = try tiny.load()
        #expect(tokenizer.eosToken == "<|end|>" && tokenizer.eosTokenID == tokenizer.id(of: "<|end|>"))
        #expect(tokenizer.padToken == "nowhere" && tokenizer.padTokenID == nil)
        let hello = try #require(tokenizer.bosTokenID)
        #expect(tokenizer.isSpecial(hello))
        #expect(tokenizer.encode("xhellox").contains(hello))
        #expect(tokenizer.configuration["pad_token"] == "nowhere")
    }

    @Test("Tokens of tokenizer_config.json that tokenizer.json lacks are added behind its own")
    func configuredTokens() throws {
        var tiny = TinyTokenizer()
        let next = try tiny.load().vocabularySize
        tiny.configuration = [
            "added_tokens_decoder": .object(JSONObject([("\(next)", ["content": "<new>", "special": true])]))
        ]
        let tokenizer = try tiny.load()
        #expect(tokenizer.encode("<new>") == [Int32(next)])
        #expect(tokenizer.vocabularySize == next + 1)
    }

    // MARK: Bytes

    @Test("Bytes without a token are dropped, as the reference drops them, and offsets step over them")
    func droppedBytes() throws {
        let text = TinyTokenizer().json.text().replacing("\"x\": ", with: "\"xx\": ")
        let tokenizer = try TinyTokenizer.load(text)
        #expect(tokenizer.decode(tokenizer.encode("hexllo")) == "hello")
        #expect(tokenizer.encodeWithOffsets("hexllox").map(\.range) == [0..<6])
    }

    @Test("Decoding puts U+FFFD for what is no UTF-8, and passes over unknown ids")
    func brokenText() throws {
        let tokenizer = try TinyTokenizer().load()
        let lead = try #require(tokenizer.id(of: "Ã"))
        #expect(tokenizer.decode([lead]) == "\u{FFFD}")
        #expect(tokenizer.decode([lead, 999_999, -1, tokenizer.encode("a")[0]]) == "\u{FFFD}a")
        #expect(tokenizer.bytes(of: lead) == [0xC3])
        #expect(tokenizer.bytes(of: 999_999) == nil && tokenizer.bytes(of: -5) == nil)
    }

    @Test("Any text comes back from its ids as its normal form", arguments: [true, false])
    func roundTrip(_ composes: Bool) throws {
        var tiny = TinyTokenizer()
        if composes { tiny.normalizer = ["type": "NFC"] }
        let tokenizer = try tiny.load()
        var random = SplitMix(seed: 7)
        for _ in 0..<2000 {
            let text = random.text(length: 24)
            let ids = tokenizer.encode(text)
            let expected = tokenizer.normalized(text)
            #expect(sameBytes(tokenizer.decode(ids), expected), "\(text.debugDescription)")
            var stream = StreamDecoder(tokenizer, skippingSpecial: false)
            #expect(sameBytes(ids.map { stream.push($0) }.joined() + stream.finish(), expected))
            if !composes { #expect(sameBytes(expected, text)) }
        }
    }

    @Test("Offsets cover the whole text as given, in order, also where composing moved it")
    func offsets() throws {
        var tiny = TinyTokenizer()
        tiny.normalizer = ["type": "NFC"]
        let tokenizer = try tiny.load()
        #expect(tokenizer.encodeWithOffsets("ae\u{301}b").map(\.range) == [0..<1, 1..<4, 4..<5])
        var random = SplitMix(seed: 11)
        for _ in 0..<2000 {
            let text = random.text(length: 24)
            let tokens = tokenizer.encodeWithOffsets(text)
            #expect(tokens.map(\.id) == tokenizer.encode(text))
            var end = 0
            for (_, range) in tokens {
                #expect(range.lowerBound <= end && range.upperBound >= end, "\(text.debugDescription)")
                end = range.upperBound
            }
            #expect(end == text.utf8.count, "\(text.debugDescription)")
        }
    }

    @Test("Broken streams give the same text in pieces as at once, and no half characters")
    func brokenStreams() throws {
        let tokenizer = try TinyTokenizer().load()
        var random = SplitMix(seed: 13)
        for _ in 0..<2000 {
            let ids = (0..<Int(random.next() % 12)).map { _ -> Int32 in
                let lead: [UInt8] = [
                    0xC3, 0xE4, 0xB8, 0xAD, 0xF0, 0x9F, 0x98, 0x80, 0x41, 0xED, 0xA0, 0xF4, 0x90, 0xFF, 0xE0,
                ]
                let byte = lead[Int(random.next() % UInt64(lead.count))]
                return Int32(byte)
            }
            var stream = StreamDecoder(tokenizer, skippingSpecial: false)
            let text = ids.map { stream.push($0) }.joined() + stream.finish()
            #expect(sameBytes(text, tokenizer.decode(ids)), "\(ids)")
        }
    }

    @Test("Control tokens in a row's own words are text, and counted; those of the template are tokens")
    func ownWords() throws {
        let tokenizer = try TinyTokenizer().load()
        let end = try #require(tokenizer.id(of: "<|end|>"))
        let text = "hello<|end|> a<|end|>"
        for (own, parses, ends, spelled) in [
            ([], false, 2, 0), ([0..<5], false, 2, 0), ([0..<12], false, 1, 1), ([0..<21], false, 0, 2),
            // A token that is only in part somebody's own words is none of the template's.
            ([4..<6], false, 1, 1), ([20..<21], false, 1, 1), ([0..<4, 11..<14], false, 1, 1),
            ([11..<15], false, 0, 2),
            ([0..<21], true, 2, 2), ([0..<12], true, 2, 1),
        ] as [([Range<Int>], Bool, Int, Int)] {
            var count = 0
            let words = OwnWords(own, parsesSpecial: parses)
            let ids = tokenizer.encode(text, own: words, spelled: &count)
            #expect(ids.count { $0 == end } == ends, "\(own)")
            #expect(count == spelled, "\(own)")
            #expect(tokenizer.decode(ids) == text)
            #expect(tokenizer.encodeWithOffsets(text, own: words, spelled: &count).map(\.id) == ids)
        }
    }

    @Test("A shorter token counts where a longer one would reach into a row's own words")
    func ownWordsBehind() throws {
        let tokenizer = try TinyTokenizer(addedTokens: [
            TinyTokenizer.added("<e>", special: true), TinyTokenizer.added("<e>hello", special: true),
        ]).load()
        var count = 0
        let ids = tokenizer.encode("<e>hello", own: OwnWords([3..<8]), spelled: &count)
        #expect(ids == [tokenizer.id(of: "<e>"), tokenizer.id(of: "hello")])
        #expect(count == 1)
    }

    @Test("The white space that the template's token strips may be a row's own")
    func strippedOwnWords() throws {
        let tokenizer = try TinyTokenizer(addedTokens: [
            TinyTokenizer.added("<|end|>", special: true, lstrip: true, rstrip: true)
        ]).load()
        var count = 0
        let ids = tokenizer.encode("hello <|end|> hello", own: OwnWords([0..<6, 13..<19]), spelled: &count)
        #expect(ids == [tokenizer.id(of: "hello"), tokenizer.id(of: "<|end|>"), tokenizer.id(of: "hello")])
        #expect(count == 0)
    }

    @Test("All own words are parsed as no special token is, and none as all are", arguments: [true, false])
    func ownWordsEverywhereOrNowhere(_ composes: Bool) throws {
        var tiny = TinyTokenizer()
        tiny.addedTokens.append(TinyTokenizer.added("e\u{301}", special: true, normalized: true))
        if composes { tiny.normalizer = ["type": "NFC"] }
        let tokenizer = try tiny.load()
        var random = SplitMix(seed: 23)
        for _ in 0..<2000 {
            let text = random.text(length: 24)
            var count = 0
            let all = OwnWords([0..<text.utf8.count].filter { !$0.isEmpty })
            #expect(
                tokenizer.encode(text, own: all, spelled: &count)
                    == tokenizer.encode(text, parsingSpecial: false)
            )
            let specials = tokenizer.encode(text).count { tokenizer.isSpecial($0) }
            #expect(count >= specials, "\(text.debugDescription)")
            count = 0
            #expect(tokenizer.encode(text, own: OwnWords(), spelled: &count) == tokenizer.encode(text))
            #expect(count == 0)
        }
    }

    @Test("One tokenizer serves many threads at once")
    func threads() async throws {
        let tokenizer = try TinyTokenizer().load()
        let texts = (0..<64).map { "hello \($0) <|end|> hello" }
        let expected = texts.map { tokenizer.encode($0) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { texts.map { tokenizer.encode($0) } == expected } }
            for await isSame in group { #expect(isSame) }
        }
    }
}

extension SplitMix {
    /// Text in which everything that tokenizers trip over is frequent.
    mutating func text(length: Int) -> String {
        let parts = [
            "hello", " ", "  ", "\n", "\r\n", "\t", "'s", "'LL", "12", "3.5", "é", "e\u{301}",
            "\u{304}\u{301}", "\u{344}", "中文",
            "\u{3000}", "\u{200B}", "각", "\u{1112}\u{1161}\u{11AB}", "\u{11A8}", "🙂", "👩🏽‍🚀", "<|end|>",
            "<tool>", "<|", "ſ",
            "½", "\u{0}", "\u{85}", "हिन्दी", "\u{E0078}\u{308}", "\u{1D15E}", "!?", "_",
        ]
        return (0..<Int(next() % UInt64(length))).map { _ in parts[Int(next() % UInt64(parts.count))] }
            .joined()
    }
}
