internal import MimoFiles

/// `hermes`: tool calls inside `<tool_call>` tags count twice.
public struct HermesLossScale: LossScaleStrategy {
    /// The name.
    public let name = "hermes"
    /// Whether the weights are only ever 0 and 1.
    public let isBinary = false

    /// The strategy.
    public init() {}

    /// The text cut into parts with a weight each.
    public func split(_ text: String, query: String?) -> [ScaledPart] {
        let open = "<tool_call>"
        let close = "</tool_call>"
        var parts: [ScaledPart] = []
        var start = 0
        var position = 0
        while let opened = text.utf8Range(of: open, from: position) {
            // A call holds at least one character, even if that is the tag that would close an empty one.
            let content = opened.upperBound
            guard content < text.utf8.count,
                let closed = text.utf8Range(of: close, from: content + 1)
            else { break }
            if opened.lowerBound > start {
                parts.append(ScaledPart(text.utf8Slice(start..<opened.lowerBound), weight: 1, rule: nil))
            }
            parts.append(
                ScaledPart(text.utf8Slice(opened.lowerBound..<closed.upperBound), weight: 2, rule: name)
            )
            start = closed.upperBound
            position = start
        }
        if start < text.utf8.count {
            parts.append(ScaledPart(text.utf8Slice(start..<text.utf8.count), weight: 1, rule: nil))
        }
        return parts
    }
}
