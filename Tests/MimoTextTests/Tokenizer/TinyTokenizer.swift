import Foundation
import MimoFiles
import MimoTestSupport

@testable import MimoText

/// A tokenizer.json of all bytes and a few merges, whose parts tests exchange.
struct TinyTokenizer {
    var merges = ["h e", "l l", "he ll", "hell o", "Ġ hello", "Ġ Ġ", "Ġ a", "1 2", "12 3", "Ã ©", "Ċ Ċ"]
    var addedTokens: [JSON] = [
        Self.added("<|end|>", special: true), Self.added("<|endless|>", special: true), Self.added("<tool>"),
    ]
    var normalizer: JSON = nil
    var preTokenizer = Self.split(#"\p{N}"#)
    var decoder: JSON = ["type": "ByteLevel"]
    var modelMembers: [(String, JSON)] = [("type", "BPE"), ("unk_token", nil), ("dropout", nil)]
    var configuration: JSON?

    /// Qwen's expression with another part for numbers.
    static func split(_ number: String) -> JSON {
        let pattern =
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        return sequence(["type": "Split", "pattern": ["Regex": .string(pattern)], "behavior": "Isolated"])
    }

    /// A pre-tokenizer, and the byte level behind it.
    static func sequence(_ parts: JSON...) -> JSON {
        ["type": "Sequence", "pretokenizers": .array(parts + [["type": "ByteLevel", "use_regex": false]])]
    }

    static func added(
        _ content: String,
        special: Bool = false,
        lstrip: Bool = false,
        rstrip: Bool = false,
        singleWord: Bool = false,
        normalized: Bool = false
    ) -> JSON {
        [
            "content": .string(content), "special": .bool(special), "lstrip": .bool(lstrip),
            "rstrip": .bool(rstrip),
            "single_word": .bool(singleWord), "normalized": .bool(normalized),
        ]
    }

    /// The alphabet in the order of its bytes, as GPT-2's `bytes_to_unicode` makes it.
    static let alphabet: [String] = {
        var next: UInt32 = 0x100
        return (UInt32(0)..<256).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return String(Unicode.Scalar(byte) ?? " ")
            default:
                defer { next += 1 }
                return String(Unicode.Scalar(next) ?? " ")
            }
        }
    }()

    /// The file's text.
    var json: JSON {
        let words = Self.alphabet + merges.map { $0.split(separator: " ").joined() }
        let vocabulary = JSONObject(words.enumerated().map { ($1, .int(Int64($0))) })
        let added = addedTokens.enumerated().map { offset, token -> JSON in
            var members = token.objectValue ?? JSONObject()
            members["id"] = members["id"] ?? .int(Int64(words.count + offset))
            return .object(members)
        }
        let model = JSONObject(
            modelMembers + [
                ("vocab", .object(vocabulary)), ("merges", .array(merges.map { .string($0) })),
            ]
        )
        return .object(
            JSONObject([
                ("version", "1.0"), ("added_tokens", .array(added)), ("normalizer", normalizer),
                ("pre_tokenizer", preTokenizer), ("decoder", decoder), ("model", .object(model)),
            ])
        )
    }

    /// Loads it as from a file.
    func load() throws -> Tokenizer { try Self.load(json.text(), configuration: configuration) }

    static func load(_ text: String, configuration: JSON? = nil) throws -> Tokenizer {
        try load(Array(text.utf8), configuration: configuration)
    }

    static func load(_ bytes: [UInt8], configuration: JSON? = nil) throws -> Tokenizer {
        var settings = try TokenizerConfiguration(path: "/nowhere/tokenizer_config.json")
        settings.members = configuration?.objectValue ?? JSONObject()
        return try Tokenizer(
            file: TokenizerFile(bytes, path: "tokenizer.json"),
            configuration: settings
        )
    }
}
