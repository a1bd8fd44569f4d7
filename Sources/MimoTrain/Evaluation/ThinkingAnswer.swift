import MimoFiles

/// An answer of a reasoning model, taken apart into thinking and what follows it.
public struct ThinkingAnswer: Sendable, Equatable {
    /// The text between `<think>` and `</think>`, or to the end where it is not closed; nil without a block.
    public let thinking: String?
    /// Whether the block is closed.
    public let isClosed: Bool
    /// What follows the thinking.
    public let answer: String

    /// Takes a text apart; a block counts where the text begins with it, white space aside.
    public init(_ text: String) {
        let (opening, closing) = ("<think>", "</think>")
        let start = text.utf8.drop { Self.isSpace($0) }.startIndex
        guard text[start...].utf8.starts(with: opening.utf8) else {
            (thinking, isClosed, answer) = (nil, false, text)
            return
        }
        let inside = text.utf8.index(start, offsetBy: opening.utf8.count)
        guard let end = text[inside...].firstRange(of: closing) else {
            (thinking, isClosed, answer) = (String(text[inside...]), false, "")
            return
        }
        (thinking, isClosed, answer) = (
            String(text[inside..<end.lowerBound]), true, String(text[end.upperBound...])
        )
    }

    /// Whether the block is closed and has nothing in it.
    public var isEmpty: Bool { isClosed && thinking?.utf8.allSatisfy(Self.isSpace) ?? false }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
