internal import MimoFiles
internal import MimoText

/// Finds control tokens that a text spells out.
struct ControlTokens: Sendable {
    /// The tokens by the character that they begin with.
    private let byOpening: [(opening: String, tokens: [String])]

    init(_ tokenizer: Tokenizer) {
        let tokens = tokenizer.controlTokens.filter { !$0.isEmpty }
        byOpening = Dictionary(grouping: tokens) { $0.prefix(1) }.map { (String($0.key), $0.value) }
    }

    /// A control token that the text spells out, or nil.
    func first(in text: String) -> String? {
        for (opening, tokens) in byOpening where text.utf8Contains(opening) {
            if let token = tokens.first(where: { text.utf8Contains($0) }) { return token }
        }
        return nil
    }
}
