import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct StopWordMatcherTests {
    /// Pushes a text in pieces of some bytes, cut at characters.
    static func run(_ text: String, words: [String], size: Int, keepsWord: Bool = false)
        -> (pieces: [String], isStopped: Bool)
    {
        var matcher = StopWordMatcher(words, keepsWord: keepsWord)
        var pieces: [String] = []
        let characters = Array(text)
        for start in stride(from: 0, to: characters.count, by: size) {
            let piece = String(characters[start..<min(start + size, characters.count)])
            let (text, isStopped) = matcher.push(piece)
            pieces.append(text)
            if isStopped { return (pieces, true) }
        }
        return (pieces + [matcher.finish()], false)
    }

    @Test("The text ends before the first stop word, however it is cut", arguments: 1...9)
    func cuts(size: Int) {
        let cases: [(text: String, words: [String], expected: String, isStopped: Bool)] = [
            ("The answer. END more", ["END"], "The answer. ", true),
            ("EEENDx", ["END"], "EE", true),
            ("ababac", ["abac"], "ab", true),
            ("no stop here", ["stop!"], "no stop here", false),
            ("ends with sto", ["stop"], "ends with sto", false),
            ("一二三四", ["三"], "一二", true),
            ("first Observation: then", ["Observation:", "then", "Obs"], "first ", true),
            ("x\n\nHuman: hi", ["\n\nHuman:"], "x", true),
            ("plain", [], "plain", false),
            ("END", ["END"], "", true),
        ]
        for sample in cases {
            let (pieces, isStopped) = Self.run(sample.text, words: sample.words, size: size)
            #expect(pieces.joined() == sample.expected)
            #expect(isStopped == sample.isStopped)
        }
    }

    @Test("No piece shows a part of the stop word that follows", arguments: 1...5)
    func nothingLeaks(size: Int) {
        let (pieces, _) = Self.run("abc<|im_end|>tail", words: ["<|im_end|>"], size: size)
        #expect(pieces.allSatisfy { !$0.contains("<") })
        #expect(pieces.joined() == "abc")
    }

    @Test("A stop word that is kept is shown whole")
    func kept() {
        let (pieces, isStopped) = Self.run(
            "a Observation: b",
            words: ["Observation:"],
            size: 2,
            keepsWord: true
        )
        #expect(pieces.joined() == "a Observation:")
        #expect(isStopped)
    }

    @Test("Only bytes count: a composed character is no match for a decomposed one")
    func bytes() {
        let (pieces, isStopped) = Self.run("cafe\u{301}!", words: ["caf\u{e9}"], size: 1)
        #expect(!isStopped)
        #expect(pieces.joined().utf8.elementsEqual("cafe\u{301}!".utf8))
    }
}
