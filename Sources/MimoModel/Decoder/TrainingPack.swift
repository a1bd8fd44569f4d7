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
    /// For each token, how many its whole row has; noise on embeddings depends on it.
    public var rowLengths: [Int]

    /// A pack of these tokens.
    public init(ids: [Int32], layout: PackLayout, targets: [Target], tokenKeys: [UInt64]) {
        precondition(ids.count == layout.count && tokenKeys.count == ids.count)
        self.ids = ids
        self.layout = layout
        self.targets = targets
        self.tokenKeys = tokenKeys
        rowLengths = Array(repeating: layout.count, count: layout.count)
    }
}
