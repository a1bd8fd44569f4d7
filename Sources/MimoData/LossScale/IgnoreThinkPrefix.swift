/// `ignore_think_prefix`: the `<think>` that opens a text, and the line feed behind it, are not learned: for
/// models whose generation prompt supplies them.
public struct IgnoreThinkPrefix: LossScaleStrategy {
    /// The name.
    public let name = "ignore_think_prefix"
    /// Whether the weights are only ever 0 and 1.
    public let isBinary = true

    /// The strategy.
    public init() {}

    /// The text cut into parts with a weight each.
    public func split(_ text: String, query: String?) -> [ScaledPart] {
        LeadingPattern.split(text, rule: name) { scanner in
            guard scanner.pass("<think>") else { return false }
            _ = scanner.pass("\n")
            return true
        }
    }
}
