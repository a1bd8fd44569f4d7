/// What becomes of a row that is too long (`--truncation_strategy`).
public enum Truncation: String, Sendable, Codable, CaseIterable {
    /// The row is dropped, and counted.
    case delete
    /// The row's end is kept.
    case left
    /// The row's beginning is kept.
    case right
    /// The row is cut into samples of the full length.
    case split
    /// The row is an error that ends the run.
    case raise

    /// The sample cut to at most `limit` tokens.
    ///
    /// - Throws: ``DataError/tooLong(tokens:limit:)`` where too long rows are not cut.
    func apply(to sample: Sample, limit: Int?) throws -> [Sample] {
        guard let limit, sample.ids.count > limit else { return [sample] }
        let count = sample.ids.count
        return switch self {
        case .delete, .raise: throw DataError.tooLong(tokens: count, limit: limit)
        case .left: [sample.part(count - limit..<count)]
        case .right: [sample.part(0..<limit)]
        case .split:
            stride(from: 0, to: count, by: limit).map { sample.part($0..<min($0 + limit, count)) }
        }
    }
}

extension Sample {
    /// A part of the sample as a sample: nothing predicts its first token.
    func part(_ range: Range<Int>) -> Sample {
        var part = Sample(
            ids: Array(ids[range]),
            labels: Array(labels[range]),
            lossScale: lossScale.map { Array($0[range]) },
            origin: origin
        )
        part.labels[0] = Sample.ignored
        part.lossScale?[0] = 0
        return part
    }
}
