/// `ignore_empty_think`: an empty think block that opens a text is not learned, nor the white space behind it.
///
/// The blocks are `<think></think>` with nothing but white space inside, a bare `</think>` or `</mm:think>`
/// (whose opening the prompt supplied), Gemma's empty thought channel and Seed's zero budget.
public struct IgnoreEmptyThink: LossScaleStrategy {
    /// The name.
    public let name = "ignore_empty_think"
    /// Whether the weights are only ever 0 and 1.
    public let isBinary = true

    /// The strategy.
    public init() {}

    /// The text cut into parts with a weight each.
    public func split(_ text: String, query: String?) -> [ScaledPart] {
        LeadingPattern.split(text, rule: name, match: Self.passEmptyThink)
    }

    private static func passEmptyThink(_ scanner: inout TextScanner) -> Bool {
        var ahead = scanner
        if ahead.pass("<think>") {
            ahead.passSpace()
            guard ahead.pass("</think>") else { return false }
            ahead.passSpace()
        } else if ahead.pass(seed) || ahead.pass("</think>") || ahead.pass("</mm:think>") {
            ahead.passSpace()
        } else if !ahead.pass("<|channel>thought\n<channel|>") {
            return false
        }
        scanner = ahead
        return true
    }

    private static let seed =
        "<seed:think><seed:cot_budget_reflect>The current thinking budget is 0, so I will directly start answering "
        + "the question.</seed:cot_budget_reflect>\n</seed:think>"
}
