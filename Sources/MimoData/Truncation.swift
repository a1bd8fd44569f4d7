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

    /// The parts of a row of `count` tokens that are kept, each at most `limit` tokens long.
    ///
    /// - Throws: ``DataError/tooLong(tokens:limit:)`` where too long rows are not cut.
    func parts(of count: Int, limit: Int?) throws -> [Range<Int>] {
        guard let limit, count > limit else { return [0..<count] }
        return switch self {
        case .delete, .raise: throw DataError.tooLong(tokens: count, limit: limit)
        case .left: [count - limit..<count]
        case .right: [0..<limit]
        case .split: stride(from: 0, to: count, by: limit).map { $0..<min($0 + limit, count) }
        }
    }
}

extension Sample {
    /// A part of the sample as a sample: nothing predicts its first token.
    func part(_ range: Range<Int>) -> Sample {
        if range.count == ids.count { return self }
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
