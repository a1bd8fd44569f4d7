internal import MimoText

/// The text of an answer as its tokens come: decoded without half characters, and watched for stop words.
struct AnswerText {
    private var decoder: StreamDecoder?
    private var matcher: StopWordMatcher
    /// All text that was let through.
    private(set) var text = ""

    init(tokenizer: Tokenizer?, stopWords: [String], keepsStopWord: Bool) {
        decoder = tokenizer.map { StreamDecoder($0, skippingSpecial: false) }
        matcher = StopWordMatcher(stopWords, keepsWord: keepsStopWord)
    }

    /// The text that a token lets through, and whether a stop word ends the answer.
    mutating func push(_ id: Int32) -> (text: String, isStopped: Bool) {
        let pushed = matcher.push(decoder?.push(id) ?? "")
        text += pushed.text
        return pushed
    }

    /// The text that was held back, once the answer has ended without a stop word.
    mutating func finish() -> String {
        let last = matcher.push(decoder?.finish() ?? "")
        let rest = last.isStopped ? last.text : last.text + matcher.finish()
        text += rest
        return rest
    }
}
