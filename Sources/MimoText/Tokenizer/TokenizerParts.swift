import MimoFiles

/// The stages of a tokenizer and its special tokens, as its files describe them; never changed once made.
final class TokenizerParts: Sendable {
    let vocabulary: Vocabulary
    let encoder: BytePairEncoder
    let normalizer: Normalizer
    let preTokenizer: PreTokenizer
    let matchers: AddedTokenMatchers
    let decoding: TokenDecoding
    /// Whether every byte of a text is in one of its tokens: else bytes without a token of their own are dropped.
    let keepsBytes: Bool
    /// Whether each id is that of a control token.
    let isSpecial: [Bool]
    let workspaces = WorkspacePool()
    let configuration: JSONObject
    let eos: Role
    let bos: Role
    let pad: Role

    /// The token that plays a role, if one does, and its id, if it has one.
    struct Role: Sendable {
        var token: String?
        var id: Int32?
    }

    init(file: consuming TokenizerFile, configuration: TokenizerConfiguration) throws {
        let added = try AddedTokenList(file.addedTokens, file.path, configuration, &file.vocabulary).tokens
        let vocabulary = file.vocabulary
        self.vocabulary = vocabulary
        encoder = file.encoder
        normalizer = file.normalizer
        preTokenizer = file.preTokenizer
        matchers = AddedTokenMatchers(added, normalizer: file.normalizer)
        decoding = TokenDecoding(
            vocabulary,
            added: matchers.normalized.tokens,
            stripsSpace: file.stripsLeadingSpace
        )
        keepsBytes =
            switch file.encoder.symbols {
            case .bytes(let tokens): tokens.allSatisfy { $0 >= 0 }
            case .characters: true
            }
        var isSpecial = [Bool](repeating: false, count: vocabulary.count)
        for token in added where token.isSpecial { isSpecial[Int(token.id)] = true }
        self.isSpecial = isSpecial
        self.configuration = configuration.members
        func role(_ name: String) -> Role {
            let token = configuration.token(name)
            return Role(token: token, id: token.flatMap { vocabulary.id(ofSpelling: Array($0.utf8)) })
        }
        eos = role("eos_token")
        bos = role("bos_token")
        pad = role("pad_token")
    }
}
