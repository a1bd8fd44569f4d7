/// Writes an answer for a terminal: thinking dimmed, and no control characters but tabs and line feeds, so that
/// what a model says cannot move the cursor or set the window's title.
public struct TerminalText: Sendable {
    private static let dim = "\u{1b}[2m"
    private static let plain = "\u{1b}[0m"
    private var spans = ThinkingSpans()

    /// At the beginning of an answer.
    public init() {}

    /// What a piece puts on the terminal.
    public mutating func push(_ piece: String) -> String { Self.render(spans.push(piece)) }

    /// What is left to be put on the terminal at the answer's end.
    public mutating func finish() -> String { Self.render(spans.finish()) }

    private static func render(_ spans: [ThinkingSpans.Span]) -> String {
        spans.map { $0.isThinking ? dim + harmless($0.text) + plain : harmless($0.text) }.joined()
    }

    private static func harmless(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { scalar in
            scalar == "\n" || scalar == "\t" || !(scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
