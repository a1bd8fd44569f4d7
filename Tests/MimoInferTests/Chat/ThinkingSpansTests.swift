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
        var text = TerminalText()
        let shown =
            text.push("<think>hm\u{1b}[31m</think>") + text.push("o\u{7}k\u{9b}2J\r\n\tend") + text.finish()
        #expect(
            shown
                == "\u{1b}[2m<think>\u{1b}[0m\u{1b}[2mhm[31m</think>\u{1b}[0mok2J\n\tend"
        )
    }
}
