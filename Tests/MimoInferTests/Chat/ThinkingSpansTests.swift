import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct ThinkingSpansTests {
    /// The spans of a text that comes in pieces of some characters, neighbours of a kind joined.
    static func spans(_ text: String, size: Int) -> [ThinkingSpans.Span] {
        var splitter = ThinkingSpans()
        var spans: [ThinkingSpans.Span] = []
        let characters = Array(text)
        for start in stride(from: 0, to: characters.count, by: size) {
            spans += splitter.push(String(characters[start..<min(start + size, characters.count)]))
        }
        spans += splitter.finish()
        return spans.reduce(into: []) { joined, span in
            if joined.last?.isThinking == span.isThinking {
                joined[joined.count - 1].text += span.text
            } else {
                joined.append(span)
            }
        }
    }

    @Test("Thinking is told from the answer however the text is cut", arguments: 1...10)
    func cuts(size: Int) {
        #expect(
            Self.spans("<think>\n2 < 3\n</think>\n\nYes.", size: size) == [
                .init(text: "<think>\n2 < 3\n</think>", isThinking: true),
                .init(text: "\n\nYes.", isThinking: false),
            ]
        )
        #expect(
            Self.spans("a <b> c</think> d <think>e", size: size) == [
                .init(text: "a <b> c</think> d ", isThinking: false),
                .init(text: "<think>e", isThinking: true),
            ]
        )
        #expect(Self.spans("ends in <thi", size: size) == [.init(text: "ends in <thi", isThinking: false)])
        #expect(Self.spans("", size: size) == [])
    }

    @Test("A terminal gets thinking dimmed, and nothing that would steer it")
    func terminal() {
        var text = ShownAnswer(isTerminal: true) { _ in 0 }
        let shown =
            text.push("<think>hm\u{1b}[31m</think>") + text.push("o\u{7}k\u{9b}2J\r\n\tend") + text.finish()
        #expect(
            shown
                == "\u{1b}[2m<think>\u{1b}[0m\u{1b}[2mhm[31m</think>\u{1b}[0mok2J\n\tend"
        )
    }

    /// What is seen of an answer that comes in pieces of some characters; a word is a token.
    private func seen(
        _ text: String,
        _ thinking: ShownAnswer.Thinking,
        size: Int,
        isTerminal: Bool = false
    ) -> String {
        var answer = ShownAnswer(thinking: thinking, isTerminal: isTerminal) {
            $0.split(whereSeparator: \.isWhitespace).count
        }
        let characters = Array(text)
        let pieces = stride(from: 0, to: characters.count, by: size).map {
            answer.push(String(characters[$0..<min($0 + size, characters.count)]))
        }
        return pieces.joined() + answer.finish()
    }

    @Test("Folded thinking is one line that tells its length, however the text is cut", arguments: 1...11)
    func folded(size: Int) {
        let text = "<think>\n7 + 8 = 15\n</think>\n\nIt is 15.\n\nYes."
        #expect(seen(text, .fold, size: size) == "(thought for 5 tokens)\nIt is 15.\n\nYes.")
        #expect(seen(text, .hide, size: size) == "It is 15.\n\nYes.")
        #expect(seen(text, .show, size: size) == text)
        #expect(
            seen(text, .fold, size: size, isTerminal: true)
                == "\u{1b}[2m(thought for 5 tokens)\u{1b}[0m\nIt is 15.\n\nYes."
        )
        #expect(seen("<think>\n\n</think>\n\nHi.", .fold, size: size) == "Hi.")
        #expect(seen("<think>a b", .fold, size: size) == "(thought for 2 tokens, without an end)\n")
        #expect(seen("<think>a</think>", .fold, size: size) == "(thought for 1 tokens)\n")
        #expect(seen("  no thinking ", .fold, size: size) == "  no thinking ")
        #expect(
            seen("<think>a</think> b <think>c d</think> e", .fold, size: size)
                == "(thought for 1 tokens)\nb (thought for 2 tokens)\ne"
        )
    }
}
