public import MimoFiles

/// What makes samples of rows.
public protocol RowEncoding: Sendable {
    /// How rows are encoded.
    var options: RowEncoder.Options { get }

    /// The samples of a row with what gave each token its weight: one, or several where a long row is split.
    ///
    /// - Parameters:
    ///   - row: a row in the standard form, see ``RowStandardizer``, or `{"input_ids", "labels"}`.
    ///   - origin: where the row stands.
    /// - Returns: at least one sample.
    /// - Throws: an error that says what is wrong with the row.
    func explained(_ row: JSON, origin: RowOrigin) throws -> [ExplainedSample]
}

extension RowEncoding {
    /// The samples of a row: one, or several where a long row is split.
    ///
    /// - Parameters:
    ///   - row: a row in the standard form, see ``RowStandardizer``, or `{"input_ids", "labels"}`.
    ///   - origin: where the row stands.
    /// - Returns: at least one sample.
    /// - Throws: an error that says what is wrong with the row.
    public func samples(of row: JSON, origin: RowOrigin = RowOrigin()) throws -> [Sample] {
        try explained(row, origin: origin).map(\.sample)
    }

    /// A row that is tokenized already, as samples.
    func explainedTokens(_ row: JSON, vocabularySize: Int, origin: RowOrigin) throws -> [ExplainedSample] {
        let sample = try TokenizedRow(row, vocabularySize: vocabularySize, origin: origin).sample
        let spans = [WeighedTokens.Span(range: 0..<sample.ids.count, rule: "tokenized row")]
        return try cut(ExplainedSample(sample: sample, spans: spans))
    }

    /// The parts of a sample that fit the length.
    func cut(_ whole: ExplainedSample) throws -> [ExplainedSample] {
        let parts = try options.truncation.parts(of: whole.sample.ids.count, limit: options.maxLength)
        if parts == [0..<whole.sample.ids.count] { return [whole] }
        return parts.enumerated().map { index, part in
            ExplainedSample(
                sample: whole.sample.part(part),
                spans: whole.spans.compactMap { span in
                    let common = span.range.clamped(to: part)
                    guard !common.isEmpty else { return nil }
                    let moved = common.lowerBound - part.lowerBound..<common.upperBound - part.lowerBound
                    return WeighedTokens.Span(range: moved, rule: span.rule)
                },
                wholeLength: whole.sample.ids.count,
                spelledControlTokens: index == 0 ? whole.spelledControlTokens : 0
            )
        }
    }
}

extension RowEncoder: RowEncoding {}

/// Takes rows that are tokenized already, for models whose folder has no tokenizer, or none with a template.
public struct TokenizedRowEncoder: RowEncoding {
    /// How rows are encoded.
    public let options: RowEncoder.Options
    /// How many ids the model knows; all ids must be below.
    public let vocabularySize: Int
    /// Why other rows are refused, for people to read.
    public let refusal: String

    /// An encoder.
    ///
    /// - Parameters:
    ///   - vocabularySize: how many ids the model knows.
    ///   - options: how rows are encoded.
    ///   - refusal: why a row that is a conversation is refused.
    public init(vocabularySize: Int, options: RowEncoder.Options = RowEncoder.Options(), refusal: String) {
        self.vocabularySize = vocabularySize
        self.options = options
        self.refusal = refusal
    }

    /// The samples of a tokenized row.
    public func explained(_ row: JSON, origin: RowOrigin) throws -> [ExplainedSample] {
        guard row["input_ids"] != nil else { throw DataError.badRow(refusal) }
        return try explainedTokens(row, vocabularySize: vocabularySize, origin: origin)
    }
}
