internal import MimoText

/// Where text is cut before it is tokenized.
public enum Tokenization: String, Sendable, Codable, CaseIterable {
    /// Wherever the weight changes: ms-swift's way. A cut can stand where inference has none.
    case segments
    /// Only where inference cuts: where the text ends that an answer is generated from. Weights are carried
    /// over by position; a token on both sides of a change takes the greater weight, so that nothing that is
    /// to be learned is left out.
    case offsets
}

/// The tokens of a row, each with its weight.
public struct WeighedTokens: Sendable {
    /// The token ids.
    public var ids: [Int32] = []
    /// The ids to be learned, -100 elsewhere.
    public var labels: [Int32] = []
    /// The weight of each token.
    public var weights: [Float] = []
    /// What gave the weights: neighbouring tokens of one rule, in order, together all tokens.
    public var spans: [Span] = []
    /// How many control tokens the row's own words spell out.
    public var spelledControlTokens = 0
    /// Where answers begin, as inference would begin them; only known where text is cut there.
    public var answerStarts: [Int] = []

    /// Neighbouring tokens whose weight has one reason.
    public struct Span: Sendable, Equatable {
        /// The tokens.
        public var range: Range<Int>
        /// The reason, for people to read.
        public var rule: String
    }

    mutating func append(_ tokens: [Int32], weight: Double, rule: String) {
        guard !tokens.isEmpty else { return }
        let start = ids.count
        ids += tokens
        labels += weight > 0 ? tokens : [Int32](repeating: Sample.ignored, count: tokens.count)
        weights += [Float](repeating: Float(weight), count: tokens.count)
        if let last = spans.last, last.rule == rule {
            spans[spans.count - 1].range = last.range.lowerBound..<ids.count
        } else {
            spans.append(Span(range: start..<ids.count, rule: rule))
        }
    }

    /// Learns what ends an answer wherever it directly follows a learned token: separators have no weight of
    /// their own, yet a model must learn to stop.
    mutating func learnTurnEnds(_ turnEnd: [Int32]) {
        guard !turnEnd.isEmpty else { return }
        var start = 0
        var position = 1
        while position < labels.count {
            defer { position += 1 }
            guard labels[position - 1] != Sample.ignored, labels[position] == Sample.ignored else { continue }
            start = position
            guard ids[start...].starts(with: turnEnd),
                labels[start..<(start + turnEnd.count)].allSatisfy({ $0 == Sample.ignored })
            else { continue }
            for index in start..<(start + turnEnd.count) { labels[index] = ids[index] }
            if weights[start..<(start + turnEnd.count)].allSatisfy({ $0 == 0 }) {
                for index in start..<(start + turnEnd.count) { weights[index] = 1 }
            }
            name(start..<(start + turnEnd.count), "end of answer")
            // What follows the end is not behind a learned token in this sense.
            position = start + turnEnd.count
        }
    }

    /// Nothing predicts the first token.
    mutating func forgetFirst() {
        guard !ids.isEmpty else { return }
        labels[0] = Sample.ignored
        weights[0] = 0
    }

    /// Gives tokens a rule of their own.
    private mutating func name(_ range: Range<Int>, _ rule: String) {
        spans = spans.flatMap { span -> [Span] in
            let common = span.range.clamped(to: range)
            guard !common.isEmpty else { return [span] }
            return [
                Span(range: span.range.lowerBound..<common.lowerBound, rule: span.rule),
                Span(range: common, rule: rule),
                Span(range: common.upperBound..<span.range.upperBound, rule: span.rule),
            ].filter { !$0.range.isEmpty }
        }
    }
}
