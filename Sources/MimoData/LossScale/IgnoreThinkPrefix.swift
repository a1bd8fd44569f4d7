/// `ignore_think_prefix`: the `<think>` that opens a text, and the line feed behind it, are not learned: for
/// models whose generation prompt supplies them.
public struct IgnoreThinkPrefix: LossScaleStrategy {
    public let name = "ignore_think_prefix"
    public let isBinary = true

    /// The strategy.
    public init() {}

    public func split(_ text: String, query: String?) -> [ScaledPart] {
        LeadingPattern.split(text, rule: name) { scanner in
            guard scanner.pass("<think>") else { return false }
            _ = scanner.pass("\n")
            return true
        }
    }
}
