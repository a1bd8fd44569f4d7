/// Tells thinking from answer in text that comes in pieces.
public struct ThinkingSpans: Sendable {
    /// A piece of text that is wholly the one or the other.
    public struct Span: Sendable, Equatable {
        /// The text.
        public var text: String
        /// Whether it is thinking; the tags around it are.
        public var isThinking: Bool
    }

    private static let opening = "<think>"
    static let closing = "</think>"
    private var isThinking = false
    private var matcher = StopWordMatcher([opening])

    /// At the beginning of an answer.
    public init() {}

    /// The spans that a piece completes; what may be the beginning of a tag is held back.
    public mutating func push(_ piece: String) -> [Span] {
        var spans: [Span] = []
        var piece = piece
        while true {
            let (text, isFound) = matcher.push(piece)
            if !text.isEmpty { spans.append(Span(text: text, isThinking: isThinking)) }
            guard isFound else { return spans }
            piece = matcher.rest
            isThinking.toggle()
            if isThinking {
                spans.append(Span(text: Self.opening, isThinking: true))
                matcher = StopWordMatcher([Self.closing], keepsWord: true)
            } else {
                matcher = StopWordMatcher([Self.opening])
            }
        }
    }

    /// What was held back, once the answer has ended.
    public mutating func finish() -> [Span] {
        let text = matcher.finish()
        return text.isEmpty ? [] : [Span(text: text, isThinking: isThinking)]
    }
}
