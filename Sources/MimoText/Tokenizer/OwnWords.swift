/// Which stretches of a text are a row's own words and not its template's, and what control tokens are in them.
public struct OwnWords: Sendable, Equatable {
    /// The stretches as bytes of the text in UTF-8; ascending, not overlapping.
    public var ranges: [Range<Int>]
    /// Whether control tokens that the words spell out, at least in part, become control tokens; else they are
    /// text like any other.
    public var parsesSpecial: Bool

    /// Own words.
    public init(_ ranges: [Range<Int>] = [], parsesSpecial: Bool = false) {
        self.ranges = ranges
        self.parsesSpecial = parsesSpecial
    }
}
