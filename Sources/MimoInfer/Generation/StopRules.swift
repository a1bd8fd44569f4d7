public import MimoModel
public import MimoText

/// What ends an answer, beside its length.
public struct StopRules: Sendable, Equatable {
    /// Tokens that end it.
    public var ids: Set<Int32>
    /// Texts that end it.
    public var words: [String]

    /// Stop rules.
    public init(ids: Set<Int32> = [], words: [String] = []) {
        self.ids = ids
        self.words = words
    }

    /// What ends a model's answers: the end tokens of its configuration and tokenizer, and its template's stop
    /// words. A word that is one token is looked for as such, which also finds it where decoding hides it.
    public init(config: ModelConfig, tokenizer: Tokenizer?, template: (any ChatTemplate)?) {
        self.init(ids: Set(config.eosTokenIDs.compactMap { Int32(exactly: $0) }))
        guard let tokenizer else { return }
        if let end = tokenizer.eosTokenID { ids.insert(end) }
        for word in template?.stopWords ?? [] {
            let tokens = tokenizer.encode(word)
            if let token = tokens.first, tokens.count == 1 { ids.insert(token) } else { words.append(word) }
        }
    }
}
