internal import MimoFiles

/// Strategies that weigh a keyword and the text behind it, up to the next keyword.
///
/// From Agent-FLAN and its kin (https://arxiv.org/abs/2309.00986): calls count more, observations do not count.
public struct KeywordLossScale: LossScaleStrategy {
    /// A keyword with its own weight and that of the text behind it.
    struct Keyword: Sendable {
        let text: String
        let weight: Double
        let following: Double
    }

    /// The name.
    public let name: String
    /// Whether the weights are only ever 0 and 1.
    public let isBinary = false
    let keywords: [Keyword]

    init(_ name: String, _ keywords: [(String, Double, Double)]) {
        self.name = name
        self.keywords = keywords.map { Keyword(text: $0.0, weight: $0.1, following: $0.2) }
    }

    /// The text cut into parts with a weight each.
    public func split(_ text: String, query: String?) -> [ScaledPart] {
        var parts: [ScaledPart] = []
        var last: Keyword?
        var start = 0
        let append = { (range: Range<Int>, keyword: Keyword?, parts: inout [ScaledPart]) in
            guard !range.isEmpty else { return }
            parts.append(
                ScaledPart(
                    text.utf8Slice(range),
                    weight: keyword?.following ?? 1,
                    rule: keyword.map { "\(name): after \($0.text)" }
                )
            )
        }
        while let (keyword, range) = next(in: text, from: start) {
            append(start..<range.lowerBound, last, &parts)
            parts.append(ScaledPart(keyword.text, weight: keyword.weight, rule: "\(name): \(keyword.text)"))
            last = keyword
            start = range.upperBound
        }
        append(start..<text.utf8.count, last, &parts)
        return parts
    }

    /// The leftmost keyword; of several at one place the first of the list.
    private func next(in text: String, from start: Int) -> (Keyword, Range<Int>)? {
        var found: (Keyword, Range<Int>)?
        for keyword in keywords {
            guard let range = text.utf8Range(of: keyword.text, from: start) else { continue }
            if let best = found, best.1.lowerBound <= range.lowerBound { continue }
            found = (keyword, range)
        }
        return found
    }

    static let react = KeywordLossScale(
        "react",
        [
            ("Action:", 2, 2), ("Action Input:", 2, 2), ("Thought:", 1, 1), ("Final Answer:", 1, 1),
            ("Observation:", 2, 0),
        ]
    )

    static let alphaUMi = KeywordLossScale(
        "alpha_umi",
        [
            ("Action:", 2, 2), ("Action Input:", 2, 2), ("Thought:", 1, 1), ("Final Answer:", 1, 1),
            ("Observation:", 2, 0), ("Next:", 2, 2),
        ]
    )

    static let qwen = KeywordLossScale(
        "qwen",
        [("✿FUNCTION✿:", 2, 2), ("✿ARGS✿:", 2, 2), ("✿RETURN✿:", 1, 1), ("✿RESULT✿:", 2, 0)]
    )

    static let agentFlan = KeywordLossScale(
        "agentflan",
        [
            ("Name:", 1, 3), ("Action:", 1, 3), ("ACTION:", 1, 3), ("Tool:", 1, 3), ("Command", 1, 3),
            ("Arguments:", 1, 3), ("action input", 1, 3), ("ACTION_INPUT:", 1, 3), ("Action Input:", 1, 3),
            ("Thought:", 1, 1), ("Final Answer:", 1, 1), ("Observation:", 2, 0),
        ]
    )
}
