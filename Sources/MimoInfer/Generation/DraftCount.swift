/// How many tokens the layer for multi-token prediction drafted, and how many of them the model chose too.
public struct DraftCount: Sendable, Equatable {
    /// Drafts that the model read.
    public var proposed = 0
    /// Those that it would have written itself.
    public var accepted = 0

    /// No drafts.
    public init() {}

    /// The share that was accepted; nil where there was no draft.
    public var rate: Double? { proposed > 0 ? Double(accepted) / Double(proposed) : nil }

    /// Adds those of another answer.
    public mutating func add(_ other: DraftCount) {
        proposed += other.proposed
        accepted += other.accepted
    }
}
