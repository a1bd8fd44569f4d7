public import MimoFiles

/// A BPE tokenizer, as Hugging Face's tokenizer.json describes it: byte-level, or SentencePiece's with byte
/// fallback.
///
/// Text goes through the stages of the file in order: added tokens are cut out, what is between them is
/// normalised and cut into words, and each word is byte pair encoded. The ids are those of the `tokenizers`
/// library for every text; a file that asks for more than is done here is refused when it is loaded.
///
/// A tokenizer is a value that any number of threads may use at once.
public struct Tokenizer: Sendable {
    /// Everything that was read from the files; copies of a tokenizer share it.
    let parts: TokenizerParts

    /// Loads tokenizer.json, and tokenizer_config.json where present, from a checkpoint's directory.
    ///
    /// - Throws: ``TokenizerError`` where a file cannot be read, is damaged, or asks for something unsupported.
    public init(directory: String) throws {
        if let error = Self.absence(in: directory) { throw error }
        try self.init(
            file: TokenizerFile(path: directory + "/tokenizer.json"),
            configuration: TokenizerConfiguration(path: directory + "/tokenizer_config.json")
        )
    }

    /// Why a directory has no tokenizer that could be loaded; nil where there is a tokenizer.json.
    public static func absence(in directory: String) -> TokenizerError? {
        let path = "\(directory)/tokenizer.json"
        if Folder.exists(path) { return nil }
        let others = ["tokenizer.model", "tekken.json", "vocab.json"]
        if let file = others.first(where: { Folder.exists("\(directory)/\($0)") }) {
            return .onlyOther(directory: directory, file: file)
        }
        return .unreadable(path: path, reason: "there is no such file")
    }

    init(file: consuming TokenizerFile, configuration: TokenizerConfiguration) throws {
        parts = try TokenizerParts(file: file, configuration: configuration)
    }

    /// What tokenizer_config.json says, member by member; empty where there is no such file.
    public var configuration: JSONObject { parts.configuration }
    /// The token that ends a turn or text, by tokenizer_config.json.
    public var eosToken: String? { parts.eos.token }
    /// The id of ``eosToken``.
    public var eosTokenID: Int32? { parts.eos.id }
    /// The token that begins a text, by tokenizer_config.json; nothing here adds it.
    public var bosToken: String? { parts.bos.token }
    /// The id of ``bosToken``.
    public var bosTokenID: Int32? { parts.bos.id }
    /// The token that fills up batches, by tokenizer_config.json.
    public var padToken: String? { parts.pad.token }
    /// The id of ``padToken``.
    public var padTokenID: Int32? { parts.pad.id }

    // MARK: Tokens

    /// One more than the highest id. A model's embedding may have more rows.
    public var vocabularySize: Int { parts.vocabulary.count }

    /// The id of a token, spelled as in tokenizer.json (`Ġthe` for " the").
    public func id(of token: String) -> Int32? {
        parts.vocabulary.id(ofSpelling: Array(token.utf8))
    }

    /// The bytes that a token stands for, or nil where no token has this id. They need not be whole characters.
    public func bytes(of id: Int32) -> [UInt8]? {
        guard parts.vocabulary.contains(id) else { return nil }
        return parts.decoding.bytes(of: id, parts.vocabulary)
    }

    /// Whether every byte has a token; else bytes of a text may be dropped, as in the reference.
    public var keepsBytes: Bool { parts.keepsBytes }

    /// Whether the id is that of a control token.
    @inline(__always)
    public func isSpecial(_ id: Int32) -> Bool {
        parts.isSpecial.indices.contains(Int(id)) && parts.isSpecial[Int(id)]
    }

    // MARK: Encoding

    /// The ids of a text; no BOS or EOS is added.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - parsingSpecial: whether control tokens that the text spells out, such as `<|im_end|>`, become their
    ///     ids; otherwise they are text like any other. Added tokens that are not special always become ids.
    /// - Returns: the ids, in order.
    public func encode(_ text: String, parsingSpecial: Bool = true) -> [Int32] {
        var spelled = 0
        return encode(text, own: Self.own(text, parsingSpecial), spelled: &spelled)
    }

    /// The ids of a text in which control tokens count only outside of some stretches.
    ///
    /// - Parameters:
    ///   - text: any text.
    ///   - own: the stretches.
    ///   - spelled: is increased by how many control tokens are spelled out there, at least in part.
    /// - Returns: the ids, in order.
    public func encode(_ text: String, own: OwnWords, spelled: inout Int) -> [Int32] {
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { bytes in
            ids.reserveCapacity(bytes.count / 4 + 8)
            forEachPiece(of: bytes, own: own, spelled: &spelled, into: &ids) { piece, ids, workspace in
                if let id = piece.id {
                    ids.append(id)
                } else {
                    encodeWords(of: piece.text, piece.range, &workspace, into: &ids)
                }
            }
        }
        return ids
    }

    private static func own(_ text: String, _ parsingSpecial: Bool) -> OwnWords {
        OwnWords(parsingSpecial ? [] : [0..<text.utf8.count])
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
        var spelled = 0
        return encodeWithOffsets(text, own: Self.own(text, parsingSpecial), spelled: &spelled)
    }

    /// The ids of a text in which control tokens count only outside of some stretches, as
    /// ``encode(_:own:spelled:)``, with offsets as ``encodeWithOffsets(_:parsingSpecial:)``.
    public func encodeWithOffsets(
        _ text: String,
        own: OwnWords,
        spelled: inout Int
    ) -> [(id: Int32, range: Range<Int>)] {
        var tokens: [(id: Int32, range: Range<Int>)] = []
        var ids: [Int32] = []
        var text = text
        text.withUTF8 { bytes in
            tokens.reserveCapacity(bytes.count / 4 + 8)
            forEachPiece(of: bytes, own: own, spelled: &spelled, into: &ids) { piece, ids, workspace in
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

    /// The normalised form of a text without added tokens: what decoding its ids gives back.
    public func normalized(_ text: String) -> String {
        if parts.decoding.keepsBytes { return text.utf8Replacing(SpaceMarker.text, with: " ") }
        return String(decoding: parts.normalizer.normalize(Array(text.utf8)), as: UTF8.self)
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
        var state = TokenDecoding.State()
        for id in ids { append(id, skippingSpecial: skippingSpecial, &state, to: &bytes) }
        parts.decoding.finish(&state, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends what a token adds to the text of those before it.
    func append(
        _ id: Int32,
        skippingSpecial: Bool,
        _ state: inout TokenDecoding.State,
        to bytes: inout [UInt8]
    ) {
        guard parts.vocabulary.contains(id), !(skippingSpecial && isSpecial(id)) else { return }
        parts.decoding.append(id, parts.vocabulary, &state, to: &bytes)
    }

    /// Appends what the tokens before have left waiting.
    func finish(_ state: inout TokenDecoding.State, to bytes: inout [UInt8]) {
        parts.decoding.finish(&state, to: &bytes)
    }

    /// Whether a token may end inside of a character.
    var givesHalfCharacters: Bool { parts.decoding.givesBytes }
}
