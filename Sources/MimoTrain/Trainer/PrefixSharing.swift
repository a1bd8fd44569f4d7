/// How rows that begin with the same tokens share them, and how long their packs are.
///
/// A beginning is computed once a pack. Where it is long, packs of the usual length would hold little beside it, so
/// they become longer: until it is a ninth of them, but with no more beside it than four packs of the usual length.
struct PrefixSharing: Equatable {
    /// From so many equal first tokens on, sharing them saves more than another range of keys costs.
    static let leastTokens = 32

    /// Tokens of a pack of rows that begin alike, the beginning counted once.
    let packTokens: Int

    /// Sharing among rows.
    ///
    /// - Parameters:
    ///   - packTokens: Tokens of a pack of rows that share nothing.
    ///   - longestRow: Tokens that the loss reads of the longest row, for which there must be room in any case.
    ///   - commonTokens: Tokens of the longest beginning that many rows have in common.
    init(packTokens: Int, longestRow: Int, commonTokens: Int) {
        self.packTokens = max(
            packTokens,
            longestRow,
            commonTokens + min(8 * commonTokens, 4 * packTokens)
        )
    }
}
