/// An answer as a person sees it: thinking in full, folded into a line, or left out.
///
/// On a terminal thinking is dimmed, and no control characters but tabs and line feeds get through, so that what a
/// model says cannot move the cursor or set the window's title.
public struct ShownAnswer: Sendable {
    /// What becomes of thinking.
    public enum Thinking: String, Sendable, CaseIterable {
        /// It is shown.
        case show
        /// A line tells how long it was.
        case fold
        /// It is left out.
        case hide
    }

    private static let dim = "\u{1b}[2m"
    private static let plain = "\u{1b}[0m"
    private let thinking: Thinking
    private let isTerminal: Bool
    private let countTokens: @Sendable (String) -> Int
    private var spans = ThinkingSpans()
    /// The thinking so far that is not shown, without its opening tag; nil outside of it.
    private var folded: String?
    /// Whether white space is dropped, which stands between thinking and answer.
    private var isBehindThinking = false

    /// The beginning of an answer.
    ///
    /// - Parameters:
    ///   - thinking: What becomes of thinking.
    ///   - isTerminal: Whether a terminal shows it.
    ///   - countTokens: How many tokens a text has, to tell how long thinking was.
    public init(
        thinking: Thinking = .show,
        isTerminal: Bool,
        countTokens: @escaping @Sendable (String) -> Int
    ) {
        self.thinking = thinking
        self.isTerminal = isTerminal
        self.countTokens = countTokens
    }

    /// What a piece of the answer adds to what is seen.
    public mutating func push(_ piece: String) -> String {
        spans.push(piece).map { show($0) }.joined()
    }

    /// What is still to be seen at the answer's end.
    public mutating func finish() -> String {
        spans.finish().map { show($0) }.joined() + unfold(isWhole: false)
    }

    private mutating func show(_ span: ThinkingSpans.Span) -> String {
        guard thinking == .show else { return showAnswerOnly(span) }
        guard isTerminal else { return span.text }
        return span.isThinking ? Self.dim + Self.harmless(span.text) + Self.plain : Self.harmless(span.text)
    }

    private mutating func showAnswerOnly(_ span: ThinkingSpans.Span) -> String {
        if span.isThinking {
            guard let before = folded else {
                folded = ""
                return ""
            }
            folded = before + span.text
            guard span.text.hasSuffix(ThinkingSpans.closing) else { return "" }
            folded?.removeLast(ThinkingSpans.closing.count)
            return unfold(isWhole: true)
        }
        let text = isBehindThinking ? String(span.text.drop(while: \.isWhitespace)) : span.text
        isBehindThinking = isBehindThinking && text.isEmpty
        return isTerminal ? Self.harmless(text) : text
    }

    /// The line that stands for thinking, once it has ended; an empty block is none.
    private mutating func unfold(isWhole: Bool) -> String {
        guard let text = folded else { return "" }
        folded = nil
        isBehindThinking = true
        guard thinking == .fold, text.contains(where: { !$0.isWhitespace }) else { return "" }
        let line = "(thought for \(countTokens(text)) tokens\(isWhole ? "" : ", without an end"))"
        return (isTerminal ? Self.dim + line + Self.plain : line) + "\n"
    }

    private static func harmless(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { scalar in
            scalar == "\n" || scalar == "\t" || !(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
