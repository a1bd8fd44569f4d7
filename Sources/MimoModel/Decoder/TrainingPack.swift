/// The tokens of one forward and backward pass, and what is learned from them.
public struct TrainingPack: Sendable, Equatable {
    /// A token whose logits are scored.
    public struct Target: Sendable, Equatable {
        /// Place in the pack of the token whose logits are scored.
        public var token: Int
        /// The id that should follow it.
        public var label: Int32
        /// What its cross entropy is multiplied with.
        public var weight: Float

        /// A scored token.
        public init(token: Int, label: Int32, weight: Float) {
            self.token = token
            self.label = label
            self.weight = weight
        }
    }

    /// Token ids, in the order of the layout's segments.
    public var ids: [Int32]
    /// How the tokens belong together.
    public var layout: PackLayout
    /// What is scored, by rising token.
    public var targets: [Target]
    /// A number of its own for each token, by which dropout draws: it stays when rows are packed otherwise.
    public var tokenKeys: [UInt64]

    /// A pack of these tokens.
    public init(ids: [Int32], layout: PackLayout, targets: [Target], tokenKeys: [UInt64]) {
        precondition(ids.count == layout.count && tokenKeys.count == ids.count)
        self.ids = ids
        self.layout = layout
        self.targets = targets
        self.tokenKeys = tokenKeys
    }

    /// A pack of separate rows.
    ///
    /// Logits at t are scored against `labels[t + 1]`; the first label of a row is never used. What stands behind
    /// a row's last scored token is left out, for nothing reads it; a row that scores nothing is left out whole.
    ///
    /// - Parameter rows: Ids, labels (-100: none) and weights (nil: 1) of each row, with the row's number.
    public init(rows: [(ids: [Int32], labels: [Int32], weights: [Float]?, number: Int)]) {
        self.init(ids: [], layout: PackLayout(), targets: [], tokenKeys: [])
        for row in rows {
            precondition(
                row.labels.count == row.ids.count && (row.weights?.count ?? row.ids.count) == row.ids.count
            )
            let start = ids.count
            let scored = row.labels.indices.dropFirst().filter { row.labels[$0] >= 0 }
            guard let last = scored.last else { continue }
            ids += row.ids[..<last]
            layout.append(count: last, parent: nil)
            tokenKeys += (0..<last).map { UInt64(row.number) << 24 | UInt64($0) }
            targets += scored.map {
                Target(token: start + $0 - 1, label: row.labels[$0], weight: row.weights?[$0] ?? 1)
            }
        }
    }
}
