import Foundation
import MimoFiles

/// What a tokenizer.json says, checked: every part that this tokenizer would not follow is refused by name.
///
/// `truncation`, `padding` and `post_processor` are passed over: they shape batches and add BOS and EOS, which
/// templates do here.
struct TokenizerFile {
    var addedTokens: [AddedToken] = []
    var normalizer = Normalizer()
    var preTokenizer = PreTokenizer(stages: [])
    var vocabulary = Vocabulary(capacity: 0)
    var encoder = BytePairEncoder(merges: MergeTable(capacity: 0), symbols: .bytes([]), wholeWords: false)
    /// Whether the space goes that begins a decoded text.
    var stripsLeadingSpace = false

    let path: String
    /// A guess that saves most of the growing: a token and its merge take about 70 bytes of a file.
    private let expectedTokens: Int

    /// Reads a file; one pass over its text, in which the vocabulary and merges go straight into their tables.
    init(path: String) throws {
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe))
        } catch {
            throw TokenizerError.unreadable(path: path, reason: error.localizedDescription)
        }
        try self.init(bytes, path: path)
    }

    /// Reads a file's text; `path` is only for errors.
    init(_ bytes: [UInt8], path: String) throws {
        self.path = path
        expectedTokens = bytes.count / 64
        do {
            try read(bytes)
        } catch let error as JSONError {
            throw TokenizerError.malformed(path: path, reason: "\(error)")
        }
    }

    private mutating func read(_ bytes: [UInt8]) throws {
        var cursor = JSONCursor(bytes)
        var seen: Set<String> = []
        var key: [UInt8] = []
        var decoder = Vocabulary.Spelling.bytes
        var endsWithByteLevel = false
        try cursor.enterObject()
        while try cursor.nextMember(&key) {
            let name = String(decoding: key, as: UTF8.self)
            guard seen.insert(name).inserted else { throw malformed("\"\(name)\" stands there twice") }
            switch name {
            case "added_tokens": addedTokens = try Self.addedTokens(try cursor.readValue(), path)
            case "normalizer": normalizer = try normalizer(try cursor.readValue())
            case "pre_tokenizer":
                let value = try cursor.readValue()
                preTokenizer = try preTokenizer(value)
                endsWithByteLevel =
                    Self.parts(of: value, "pretokenizers").last?["type"]?.stringValue == "ByteLevel"
            case "decoder": decoder = try self.decoder(try cursor.readValue())
            case "model": try readModel(&cursor)
            default: try cursor.skipValue()
            }
        }
        try cursor.finish()
        for part in ["pre_tokenizer", "decoder", "model"] where !seen.contains(part) {
            throw malformed("it has no \"\(part)\"")
        }
        try check(decoder, endsWithByteLevel: endsWithByteLevel)
    }

    /// Whether the parts of the file belong together.
    private mutating func check(_ decoder: Vocabulary.Spelling, endsWithByteLevel: Bool) throws {
        switch (vocabulary.spelling, decoder) {
        case (.bytes, .bytes):
            guard endsWithByteLevel, normalizer.spaces == nil, preTokenizer.spaces == nil else {
                throw TokenizerError.unsupported(
                    path: path,
                    feature: "a pre_tokenizer that does not end with ByteLevel"
                )
            }
        case (.text, .text):
            guard !endsWithByteLevel, !normalizer.composes,
                normalizer.spaces == nil || preTokenizer.spaces == nil,
                preTokenizer.stages.allSatisfy({ $0 == .spaceMarks })
            else {
                throw TokenizerError.unsupported(
                    path: path,
                    feature: "byte_fallback beside other than one Metaspace, or Prepend and Replace,"
                )
            }
            if preTokenizer.stages.isEmpty, !mergesReachAcrossSpaces {
                preTokenizer = PreTokenizer(stages: [.spaceMarkRuns], spaces: preTokenizer.spaces)
            }
        case (.bytes, .text):
            throw TokenizerError.unsupported(path: path, feature: "a decoder for byte_fallback without that")
        case (.text, .bytes):
            throw TokenizerError.unsupported(path: path, feature: "byte_fallback with a ByteLevel decoder")
        }
    }

    /// Whether some token holds the mark of a space behind something else.
    private var mergesReachAcrossSpaces: Bool {
        (0..<Int32(vocabulary.count)).contains { id in
            vocabulary.contains(id)
                && vocabulary.withBytes(of: id) { bytes in
                    var text = 0
                    while text < bytes.count, bytes.hasBytes("\u{2581}", at: text, before: bytes.count) {
                        text += 3
                    }
                    return (text..<bytes.count).contains {
                        bytes.hasBytes("\u{2581}", at: $0, before: bytes.count)
                    }
                }
        }
    }

    /// The parts of a sequence, or the one part that stands there itself.
    static func parts(of value: JSON, _ name: String) -> [JSON] {
        value["type"]?.stringValue == "Sequence" ? value[name]?.arrayValue ?? [] : [value]
    }

    // MARK: The small parts

    /// The added tokens of a list, each with its flags.
    static func addedTokens(_ list: JSON, _ path: String) throws -> [AddedToken] {
        if list.isNull { return [] }
        guard let entries = list.arrayValue else {
            throw TokenizerError.malformed(
                path: path,
                reason: "\"added_tokens\" is \(list.kind), not an array"
            )
        }
        return try entries.map { try addedToken($0, id: $0["id"]?.intValue, path) }
    }

    /// An added token as its object describes it.
    static func addedToken(_ entry: JSON, id: Int?, _ path: String) throws -> AddedToken {
        guard let content = entry["content"]?.stringValue, let id, (0..<Vocabulary.idLimit).contains(id)
        else {
            throw TokenizerError.malformed(
                path: path,
                reason:
                    "an added token needs \"content\" and an \"id\" below \(Vocabulary.idLimit): \(entry.text())"
            )
        }
        return AddedToken(
            content: Array(content.utf8),
            id: Int32(id),
            isSpecial: entry["special"]?.boolValue ?? false,
            stripsLeft: entry["lstrip"]?.boolValue ?? false,
            stripsRight: entry["rstrip"]?.boolValue ?? false,
            isSingleWord: entry["single_word"]?.boolValue ?? false,
            isNormalized: entry["normalized"]?.boolValue ?? false
        )
    }

    // MARK: The model

    private mutating func readModel(_ cursor: inout JSONCursor) throws {
        var key: [UInt8] = []
        var seen: Set<String> = []
        var merges: MergeTable?
        var mergesBeforeVocabulary: JSONCursor?
        var vocabularyBeforeSpelling: JSONCursor?
        var settings = JSONObject()
        try cursor.enterObject()
        while try cursor.nextMember(&key) {
            let name = String(decoding: key, as: UTF8.self)
            guard seen.insert(name).inserted else { throw malformed("\"\(name)\" stands in the model twice") }
            switch name {
            case "vocab" where seen.contains("byte_fallback"):
                try readVocabulary(&cursor, settings)
            case "vocab":
                vocabularyBeforeSpelling = cursor
                try cursor.skipValue()
            case "merges" where vocabulary.count > 0: merges = try readMerges(&cursor)
            case "merges":
                mergesBeforeVocabulary = cursor
                try cursor.skipValue()
            default: settings[name] = try cursor.readValue()
            }
        }
        try checkModel(settings)
        if var earlier = vocabularyBeforeSpelling { try readVocabulary(&earlier, settings) }
        if var earlier = mergesBeforeVocabulary { merges = try readMerges(&earlier) }
        guard seen.contains("vocab"), let merges else {
            throw malformed("the model has no vocab or no merges")
        }
        encoder = BytePairEncoder(
            merges: merges,
            symbols: try symbols(),
            wholeWords: settings["ignore_merges"]?.boolValue ?? false
        )
    }

    private func symbols() throws -> BytePairEncoder.Symbols {
        func token(_ spelling: [UInt8]) -> Int32? {
            spelling.withUnsafeBufferPointer { vocabulary.id(ofBytes: $0) }
        }
        guard vocabulary.spelling == .text else { return .bytes((0...255).map { token([UInt8($0)]) ?? -1 }) }
        return .characters(
            try (0...255).map { byte in
                let digits = String(byte, radix: 16, uppercase: true)
                let spelling = "<0x\(byte < 16 ? "0" : "")\(digits)>"
                guard let id = token(Array(spelling.utf8)) else {
                    throw malformed("it falls back to bytes, but has no token \(spelling)")
                }
                return id
            }
        )
    }

    private func checkModel(_ settings: JSONObject) throws {
        if let type = settings["type"], type.stringValue != "BPE" { throw unsupported("model type", type) }
        let dropout = settings["dropout"]?.doubleValue ?? 0
        guard dropout == 0 else { throw unsupported("model dropout", .double(dropout)) }
        for affix in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = settings[affix], !value.isNull, value.stringValue != "" {
                throw unsupported("model \(affix)", value)
            }
        }
        // With byte fallback nothing is unknown.
        if let unknown = settings["unk_token"], !unknown.isNull, settings["byte_fallback"]?.boolValue != true
        {
            throw unsupported("model unk_token", unknown)
        }
    }

    private mutating func readVocabulary(_ cursor: inout JSONCursor, _ settings: JSONObject) throws {
        let fallsBack = settings["byte_fallback"]?.boolValue ?? false
        vocabulary = Vocabulary(capacity: expectedTokens, spelling: fallsBack ? .text : .bytes)
        var spelling: [UInt8] = []
        try cursor.enterObject()
        while try cursor.nextMember(&spelling) {
            let id = try cursor.readInteger()
            do throws(Vocabulary.Refusal) {
                try vocabulary.add(spelling: spelling, id: id)
            } catch {
                throw malformed(refused(spelling, id, error))
            }
        }
    }

    private func refused(_ token: [UInt8], _ id: Int, _ refusal: Vocabulary.Refusal) -> String {
        let token = "token \"\(String(decoding: token, as: UTF8.self))\""
        return switch refusal {
        case .idOutOfRange: "\(token) has id \(id); ids go from 0 to \(Vocabulary.idLimit - 1)"
        case .idTaken: "\(token) has id \(id), which another token has, too"
        case .tokenTaken: "\(token) is in the vocabulary twice"
        }
    }

    /// Both forms: `["Ġ", "t"]`, and `"Ġ t"` of older files.
    private func readMerges(_ cursor: inout JSONCursor) throws -> MergeTable {
        var merges = MergeTable(capacity: vocabulary.count)
        var finder = MergeFinder()
        try cursor.enterArray()
        while try cursor.nextElement() {
            finder.removeAll()
            if cursor.isAtString() {
                try cursor.readString(into: &finder.left)
                guard finder.splitAtSpace() else {
                    throw malformed("merge \(merges.count): expected two tokens and a space between them")
                }
            } else {
                try cursor.enterArray()
                guard try cursor.nextElement() else { throw malformed("merge \(merges.count) is empty") }
                try cursor.readString(into: &finder.left)
                guard try cursor.nextElement() else { throw malformed("merge \(merges.count) has one token") }
                try cursor.readString(into: &finder.right)
                guard try !cursor.nextElement() else {
                    throw malformed("merge \(merges.count): more than two tokens")
                }
            }
            guard merges.count < Vocabulary.idLimit else {
                throw malformed("more than \(Vocabulary.idLimit) merges")
            }
            guard let (first, second, merged) = finder.find(in: vocabulary) else {
                throw malformed(
                    "merge \(merges.count), \(finder): a part or the whole is not in the vocabulary"
                )
            }
            guard merges.append(first, second, makes: merged) else {
                throw malformed("merge \(merges.count), \(finder), stands there twice")
            }
        }
        return merges
    }

    // MARK: Errors

    func malformed(_ reason: String) -> TokenizerError { .malformed(path: path, reason: reason) }

    func unsupported(_ part: String, _ value: JSON) -> TokenizerError {
        .unsupported(path: path, feature: "\(part) \(value.text())")
    }
}
