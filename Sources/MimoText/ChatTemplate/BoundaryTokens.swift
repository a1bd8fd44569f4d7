internal import MimoFiles

/// What a template needs to know of a tokenizer beside its vocabulary: the tokens at the ends of a text.
public struct BoundaryTokens: Sendable, Equatable {
    /// The token that begins a text, where the tokenizer names one.
    public var beginning: Int32?
    /// The token that ends a text, where the tokenizer names one.
    public var end: Int32?
    /// The text of ``end``.
    public var endText: String?
    /// What the tokenizer puts in front of every text.
    public var leading: [Int32]
    /// What the tokenizer puts behind every text.
    public var trailing: [Int32]

    /// Boundary tokens.
    public init(
        beginning: Int32? = nil,
        end: Int32? = nil,
        endText: String? = nil,
        leading: [Int32] = [],
        trailing: [Int32] = []
    ) {
        self.beginning = beginning
        self.end = end
        self.endText = endText
        self.leading = leading
        self.trailing = trailing
    }

    /// The tokens that tokenizer_config.json names, and adds where it says `add_bos_token`, `add_eos_token`.
    public init(_ tokenizer: Tokenizer) {
        let adds: (String) -> Bool = { tokenizer.configuration[$0]?.boolValue ?? false }
        self.init(
            beginning: tokenizer.bosTokenID,
            end: tokenizer.eosTokenID,
            endText: tokenizer.eosToken,
            leading: adds("add_bos_token") ? [tokenizer.bosTokenID].compactMap { $0 } : [],
            trailing: adds("add_eos_token") ? [tokenizer.eosTokenID].compactMap { $0 } : []
        )
    }
}

extension Tokenizer {
    /// The texts of the control tokens.
    package var controlTokens: [String] {
        (0..<Int32(vocabularySize)).filter(isSpecial).compactMap { id in
            bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
        }
    }
}
