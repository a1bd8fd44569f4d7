/// All added tokens of a checkpoint: those of tokenizer.json, then those that tokenizer_config.json adds.
struct AddedTokenList {
    private(set) var tokens: [AddedToken] = []
    private var contents: Set<[UInt8]> = []
    /// The id of the next token that the model's vocabulary lacks: the reference gives ids by this count, whatever
    /// the file says.
    private var nextID: Int32

    /// Collects the tokens, and gives each that the model's vocabulary lacks a place in it.
    ///
    /// - Throws: ``TokenizerError`` where one token would have two ids, or one id two tokens.
    init(
        _ listed: [AddedToken],
        _ path: String,
        _ configuration: TokenizerConfiguration,
        _ vocabulary: inout Vocabulary
    ) throws {
        nextID = Int32(vocabulary.count)
        for token in listed { try add(token, path, &vocabulary) }
        for token in try configuration.addedTokens() where !contents.contains(token.content) {
            try add(token, configuration.path, &vocabulary)
        }
        // A role's token is cut out of the text even where it is only a word of the vocabulary.
        for role in TokenizerConfiguration.roles {
            guard let token = configuration.token(role).map({ Array($0.utf8) }), !contents.contains(token),
                let id = vocabulary.id(ofSpelling: token)
            else { continue }
            contents.insert(token)
            tokens.append(AddedToken(content: token, id: id, isSpecial: true))
        }
    }

    private mutating func add(_ token: AddedToken, _ path: String, _ vocabulary: inout Vocabulary) throws {
        // The reference passes over empty tokens, too: they would be everywhere.
        guard !token.content.isEmpty else { return }
        let name = "added token \"\(String(decoding: token.content, as: UTF8.self))\""
        if let known = vocabulary.id(ofSpelling: token.content) {
            guard known == token.id else {
                throw TokenizerError.malformed(
                    path: path,
                    reason: "\(name) has both id \(known) and id \(token.id)"
                )
            }
        } else {
            guard token.id == nextID else {
                throw TokenizerError.malformed(
                    path: path,
                    reason:
                        "\(name) has id \(token.id), but \(nextID) comes next and is what other tools would take"
                )
            }
            nextID += 1
            do throws(Vocabulary.Refusal) {
                try vocabulary.add(literal: token.content, id: Int(token.id))
            } catch {
                throw TokenizerError.malformed(
                    path: path,
                    reason: "\(name) has id \(token.id), which another token has, too"
                )
            }
        }
        if contents.insert(token.content).inserted { tokens.append(token) }
    }
}

/// The matchers that cut added tokens out of a text, in two passes.
struct AddedTokenMatchers: Sendable {
    /// Goes over the text as given.
    let raw: AddedTokenMatcher
    /// Goes over what is left, after its normalisation.
    let normalized: AddedTokenMatcher

    /// The matchers of these tokens; those looked for in normalised text are normalised themselves.
    init(_ tokens: [AddedToken], normalizer: Normalizer) {
        raw = AddedTokenMatcher(tokens.filter { !$0.isNormalized })
        normalized = AddedTokenMatcher(
            tokens.filter(\.isNormalized).map { token in
                var token = token
                token.content = normalizer.normalize(token.content)
                return token
            }
        )
    }
}
