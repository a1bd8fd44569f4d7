public import MimoNumerics

/// How the tokens of a pack belong together: a forest of segments.
///
/// Each segment attends causally to itself and wholly to its ancestors, and its positions continue its parent's.
/// Separate rows are a forest without edges; rows that share a prefix hang from the segment that holds it.
public struct PackLayout: Sendable, Equatable {
    /// A run of consecutive tokens.
    public struct Segment: Sendable, Equatable {
        /// The tokens' places in the pack.
        public let tokens: Range<Int>
        /// The segment that this one continues, which stands before it; nil for a root.
        public let parent: Int?
        /// Position of the first token, counted from the root's first token.
        public let firstPosition: Int
    }

    /// The segments in the order of their tokens, without gaps.
    public private(set) var segments: [Segment] = []
    /// Number of tokens.
    public private(set) var count = 0

    /// A pack without tokens, to be filled by ``append(count:parent:)``.
    public init() {}

    /// A pack of separate rows of these lengths.
    public init(rows lengths: [Int]) {
        for length in lengths { append(count: length, parent: nil) }
    }

    /// Appends a segment behind the last one; `parent` is the index of an earlier segment.
    ///
    /// - Returns: The index of the new segment.
    @discardableResult
    public mutating func append(count: Int, parent: Int?) -> Int {
        precondition(parent.map { $0 >= 0 && $0 < segments.count } ?? true)
        let first = parent.map { segments[$0].firstPosition + segments[$0].tokens.count } ?? 0
        segments.append(
            Segment(tokens: self.count..<self.count + count, parent: parent, firstPosition: first)
        )
        self.count += count
        return segments.count - 1
    }

    /// The position of each token within its row.
    public var positions: [Int] {
        segments.flatMap { segment in (0..<segment.tokens.count).map { segment.firstPosition + $0 } }
    }

    /// What the queries of all tokens see.
    public var attention: [QuerySpan] { attention(of: Array(0..<count)) }

    /// What the queries of some tokens see; query i belongs to token `tokens[i]`.
    ///
    /// - Parameter tokens: Places in the pack, rising.
    /// - Returns: A span for each run of consecutive tokens within a segment.
    public func attention(of tokens: [Int]) -> [QuerySpan] {
        var spans: [QuerySpan] = []
        var query = 0
        for segment in segments {
            let ancestors = ancestorSpans(of: segment)
            while query < tokens.count, tokens[query] < segment.tokens.upperBound {
                let start = query
                let first = tokens[start]
                while query < tokens.count, tokens[query] < segment.tokens.upperBound,
                    tokens[query] - first == query - start
                { query += 1 }
                let own = KeySpan(
                    keys: segment.tokens.lowerBound..<first + (query - start),
                    lastSeenByFirstQuery: first
                )
                spans.append(QuerySpan(queries: start..<query, spans: ancestors + [own]))
            }
        }
        return spans
    }

    private func ancestorSpans(of segment: Segment) -> [KeySpan] {
        var spans: [KeySpan] = []
        var next = segment.parent
        while let index = next {
            spans.append(KeySpan(keys: segments[index].tokens))
            next = segments[index].parent
        }
        return spans.reversed()
    }
}
