/// A row as the model reads it.
public struct Sample: Sendable, Equatable {
    /// The token ids.
    public var ids: [Int32]
    /// The ids to be learned, -100 where nothing is; the first is always -100, for nothing predicts it.
    public var labels: [Int32]
    /// The weight of each token in the loss; nil where every label counts 1.
    public var lossScale: [Float]?
    /// Where the row stands.
    public var origin: RowOrigin

    /// The label of a token that is not learned.
    public static let ignored: Int32 = -100

    /// A sample.
    public init(ids: [Int32], labels: [Int32], lossScale: [Float]? = nil, origin: RowOrigin = RowOrigin()) {
        self.ids = ids
        self.labels = labels
        self.lossScale = lossScale
        self.origin = origin
    }

    /// How many tokens are learned.
    public var countedTokens: Int { labels.count { $0 != Sample.ignored } }
}

/// The place of a row in a data set.
public struct RowOrigin: Sendable, Hashable, CustomStringConvertible {
    /// The file's path; empty for rows that come from no file.
    public var path: String
    /// The row's line, or its position in a JSON array, from 1; in a CSV the line that the row begins on.
    public var line: Int

    /// A place.
    public init(path: String = "", line: Int = 0) {
        self.path = path
        self.line = line
    }

    /// The error in one line.
    public var description: String { "\(path):\(line)" }
}
