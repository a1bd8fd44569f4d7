public import MimoFiles

/// A byte-level BPE tokenizer, as Hugging Face's tokenizer.json describes it.
///
/// Text goes through the stages of the file in order: added tokens are cut out, what is between them is
/// normalised and cut into words, and each word is byte pair encoded. The ids are those of the `tokenizers`
/// library for every text; a file that asks for more than is done here is refused when it is loaded.
///
/// A tokenizer is a value that any number of threads may use at once.
public struct Tokenizer: Sendable {
    let vocabulary: Vocabulary
    private let encoder: BytePairEncoder
    private let normalizer: Normalizer
    private let preTokenizer: PreTokenizer
    private let matchers: AddedTokenMatchers
    private let specialIDs: Set<Int32>
    private let workspaces = WorkspacePool()

    /// What tokenizer_config.json says, member by member; empty where there is no such file.
    public let configuration: JSONObject
    /// The token that ends a turn or text, by tokenizer_config.json.
    public var eosToken: String? { eos?.token }
    /// The id of ``eosToken``.
    public var eosTokenID: Int32? { eos?.id }
    /// The token that begins a text, by tokenizer_config.json; nothing here adds it.
    public var bosToken: String? { bos?.token }
    /// The id of ``bosToken``.
    public var bosTokenID: Int32? { bos?.id }
    /// The token that fills up batches, by tokenizer_config.json.
    public var padToken: String? { pad?.token }
    /// The id of ``padToken``.
    public var padTokenID: Int32? { pad?.id }

    private let eos: (token: String, id: Int32?)?
    private let bos: (token: String, id: Int32?)?
    private let pad: (token: String, id: Int32?)?

    /// Loads tokenizer.json, and tokenizer_config.json where present, from a checkpoint's directory.
    ///
    /// - Throws: ``TokenizerError`` where a file cannot be read, is damaged, or asks for something unsupported.
    public init(directory: String) throws {
        try self.init(
            file: TokenizerFile(path: directory + "/tokenizer.json"),
            configuration: TokenizerConfiguration(path: directory + "/tokenizer_config.json"),
            path: directory + "/tokenizer_config.json"
        )
    }

    init(file: TokenizerFile, configuration: TokenizerConfiguration, path: String) throws {
        var vocabulary = file.vocabulary
        let added = try AddedTokenList(file: file, configuration: configuration, vocabulary: &vocabulary)
            .tokens
        self.vocabulary = vocabulary
        encoder = file.encoder
        normalizer = file.normalizer
        preTokenizer = file.preTokenizer
        matchers = AddedTokenMatchers(added, normalizer: file.normalizer)
        specialIDs = Set(added.filter(\.isSpecial).map(\.id))
        self.configuration = configuration.members
        func role(_ name: String) -> (token: String, id: Int32?)? {
            configuration.token(name).map { ($0, vocabulary.id(ofSpelling: Array($0.utf8))) }
        }
        eos = role("eos_token")
        bos = role("bos_token")
        pad = role("pad_token")
    }

    // MARK: Tokens

    /// One more than the highest id. A model's embedding may have more rows.
    public var vocabularySize: Int { vocabulary.count }

    /// The id of a token, spelled as in tokenizer.json (`Ġthe` for " the").
    public func id(of token: String) -> Int32? {
        vocabulary.id(ofSpelling: Array(token.utf8))
    }

    /// The bytes that a token stands for, or nil where no token has this id. They need not be whole characters.
    public func bytes(of id: Int32) -> [UInt8]? {
        guard vocabulary.contains(id) else { return nil }
        return vocabulary.withBytes(of: id) { Array($0) }
    }

    /// Whether the id is that of a control token.
    public func isSpecial(_ id: Int32) -> Bool { specialIDs.contains(id) }

    // MARK: Encoding

    /// The ids of a text; no BOS or EOS is added.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - parsingSpecial: whether control tokens that the text spells out, such as `<|im_end|>`, become their
    ///     ids; otherwise they are text like any other. Added tokens that are not special always become ids.
    /// - Returns: the ids, in order.
    public func encode(_ text: String, parsingSpecial: Bool = true) -> [Int32] {
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { bytes in
            ids.reserveCapacity(bytes.count / 4 + 8)
            forEachPiece(of: bytes, parsingSpecial: parsingSpecial, into: &ids) { piece, ids, workspace in
                if let id = piece.id {
                    ids.append(id)
                } else {
                    encodeWords(of: piece.text, piece.range, &workspace, into: &ids)
                }
            }
        }
        return ids
    }

    /// The ids of a text, each with the bytes of `text` (as UTF-8) that it covers.
    ///
    /// The ranges are in order and lie in the text as given, before normalisation. They leave out only bytes
    /// that have no token (some control characters of small vocabularies), and overlap only where NFC composed
    /// several characters into ones that then became several tokens: each of those covers the whole stretch.
    /// A range may begin or end inside a character.
    public func encodeWithOffsets(
        _ text: String,
        parsingSpecial: Bool = true
    ) -> [(id: Int32, range: Range<Int>)] {
        var tokens: [(id: Int32, range: Range<Int>)] = []
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { bytes in
            forEachPiece(of: bytes, parsingSpecial: parsingSpecial, into: &ids) { piece, ids, workspace in
                if let id = piece.id {
                    tokens.append((id, piece.original(piece.range)))
                    return
                }
                ids.removeAll(keepingCapacity: true)
                encodeWords(of: piece.text, piece.range, &workspace, into: &ids)
                var position = piece.range.lowerBound
                for id in ids {
                    let range = span(of: id, in: piece.text, from: position)
                    tokens.append((id, piece.original(range)))
                    position = range.upperBound
                }
            }
        }
        return tokens
    }

    /// The normalised form of a text: what decoding its ids gives back.
    public func normalized(_ text: String) -> String {
        String(decoding: normalizer.normalize(Array(text.utf8)), as: UTF8.self)
    }

    // MARK: Decoding

    /// The text of some ids. Bytes that are not UTF-8 become U+FFFD; ids that no token has are passed over.
    ///
    /// - Parameters:
    ///   - ids: any ids.
    ///   - skippingSpecial: whether control tokens are left out.
    /// - Returns: the text.
    public func decode(_ ids: some Sequence<Int32>, skippingSpecial: Bool = false) -> String {
        var bytes: [UInt8] = []
        for id in ids { append(id, skippingSpecial: skippingSpecial, to: &bytes) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the bytes of a token.
    func append(_ id: Int32, skippingSpecial: Bool, to bytes: inout [UInt8]) {
        guard vocabulary.contains(id), !(skippingSpecial && isSpecial(id)) else { return }
        vocabulary.withBytes(of: id) { bytes.append(contentsOf: $0) }
    }
}

// MARK: - The stages, one after the other

extension Tokenizer {
    /// A piece of text after normalisation: an added token, or text to be cut into words.
    private struct Piece {
        /// The added token, or nil for text.
        var id: Int32?
        /// Normalised text, of which the piece is a range.
        var text: UnsafeBufferPointer<UInt8>
        var range: Range<Int>
        /// Where the normalised text begins in the text as given, and where it differs from it.
        var base = 0
        var edits: [Normalizer.Edit] = []

        /// The range of the text as given from which a range of the normalised text came.
        func original(_ range: Range<Int>) -> Range<Int> {
            guard !edits.isEmpty else { return range.lowerBound + base..<range.upperBound + base }
            return original(range.lowerBound)
                .lowerBound..<max(
                    original(range.upperBound - (range.isEmpty ? 0 : 1)).upperBound,
                    original(range.lowerBound).lowerBound
                )
        }

        /// The bytes of the text as given from which one byte of the normalised text came.
        private func original(_ position: Int) -> Range<Int> {
            var shift = base
            for edit in edits {
                if position < edit.output.lowerBound { break }
                if position < edit.output.upperBound { return edit.input }
                shift = edit.input.upperBound - edit.output.upperBound
            }
            return position + shift..<position + shift + 1
        }
    }

    /// Cuts added tokens out of the text, normalises what is between them, and cuts out those that are looked
    /// for in normalised text.
    private func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>,
        parsingSpecial: Bool,
        into ids: inout [Int32],
        _ body: (Piece, inout [Int32], inout EncodingWorkspace) -> Void
    ) {
        var workspace = workspaces.take()
        defer { workspaces.give(workspace) }
        let matchers = parsingSpecial ? matchers.all : matchers.withoutSpecial
        for raw in matchers.raw.pieces(of: text, in: 0..<text.count) {
            if raw.id != nil {
                body(Piece(id: raw.id, text: text, range: raw.range), &ids, &workspace)
                continue
            }
            guard let changed = normalizer.normalize(text, in: raw.range) else {
                for piece in matchers.normalized.pieces(of: text, in: raw.range) {
                    body(Piece(id: piece.id, text: text, range: piece.range), &ids, &workspace)
                }
                continue
            }
            changed.bytes.withUnsafeBufferPointer { bytes in
                for piece in matchers.normalized.pieces(of: bytes, in: 0..<bytes.count) {
                    let piece = Piece(
                        id: piece.id,
                        text: bytes,
                        range: piece.range,
                        base: raw.range.lowerBound,
                        edits: changed.edits
                    )
                    body(piece, &ids, &workspace)
                }
            }
        }
    }

    private func encodeWords(
        of text: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        _ workspace: inout EncodingWorkspace,
        into ids: inout [Int32]
    ) {
        preTokenizer.forEachWord(of: text, in: range) { start, end in
            guard end - start <= WordCache.longestWord else {
                let word = UnsafeBufferPointer(rebasing: text[start..<end])
                encoder.encode(word, vocabulary: vocabulary, scratch: &workspace.scratch, into: &ids)
                return
            }
            let key = WordCache.Key(text, start, end)
            if workspace.cache.append(key, to: &ids) { return }
            let first = ids.count
            let word = UnsafeBufferPointer(rebasing: text[start..<end])
            encoder.encode(word, vocabulary: vocabulary, scratch: &workspace.scratch, into: &ids)
            workspace.cache.insert(key, ids[first...])
        }
    }

    /// The bytes of a text that became a token: its own, with dropped bytes of the text in front and between.
    private func span(of id: Int32, in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int> {
        vocabulary.withBytes(of: id) { bytes in
            var first: Int?
            var position = start
            for byte in bytes {
                while position < text.count, text[position] != byte { position += 1 }
                if first == nil { first = position }
                position = min(position + 1, text.count)
            }
            return (first ?? start)..<position
        }
    }
}
