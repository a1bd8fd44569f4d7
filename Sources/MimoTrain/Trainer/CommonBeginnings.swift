/// What rows have in common from their first token on.
struct CommonBeginnings {
    /// At most so many rows are compared: spread evenly over all, they tell what is common.
    private static let comparedRows = 1024
    /// At most so many tokens of a row are compared.
    static let comparedTokens = 4096

    /// Of each row but the last, in the order of their tokens, how many tokens it has in common with the next.
    private let withNext: [Int]

    /// Whether a row is among those that are compared.
    static func compares(_ number: Int, of rowCount: Int) -> Bool {
        number.isMultiple(of: max(1, (rowCount + comparedRows - 1) / comparedRows))
    }

    /// Compares these rows' tokens.
    init(_ rows: [[Int32]]) {
        let sorted = rows.sorted { $0.lexicographicallyPrecedes($1) }
        withNext = zip(sorted, sorted.dropFirst()).map { row, next in
            zip(row, next).prefix { $0 == $1 }.count
        }
    }

    /// The longest beginning that a share of the rows has in common, at least two of them.
    ///
    /// - Parameter share: From 0 to 1 and beyond, where nothing is common.
    /// - Returns: Its tokens.
    func longest(sharedBy share: Double) -> Int {
        // Rows with a common beginning stand side by side in that order.
        let neighbours = max(1, Int((share * Double(withNext.count + 1)).rounded(.up)) - 1)
        guard neighbours <= withNext.count else { return 0 }
        return (0...withNext.count - neighbours).map { withNext[$0..<$0 + neighbours].min() ?? 0 }.max() ?? 0
    }
}
