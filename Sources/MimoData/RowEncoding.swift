public import MimoFiles

/// What makes samples of rows.
public protocol RowEncoding: Sendable {
    /// How rows are encoded.
    var options: RowEncoder.Options { get }

    /// The samples of a row: one, or several where a long row is split.
    ///
    /// - Parameters:
    ///   - row: a row in the standard form, see ``RowStandardizer``, or `{"input_ids", "labels"}`.
    ///   - origin: where the row stands.
    /// - Returns: at least one sample.
    /// - Throws: an error that says what is wrong with the row.
    func samples(of row: JSON, origin: RowOrigin) throws -> [Sample]
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
    public func samples(of row: JSON, origin: RowOrigin) throws -> [Sample] {
        guard row["input_ids"] != nil else { throw DataError.badRow(refusal) }
        let sample = try TokenizedRow(row, vocabularySize: vocabularySize, origin: origin).sample
        return try options.truncation.apply(to: sample, limit: options.maxLength)
    }
}
