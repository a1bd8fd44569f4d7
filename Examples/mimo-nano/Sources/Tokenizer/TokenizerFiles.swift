import MimoFiles

/// The files of a byte-level BPE tokenizer with the stages and added tokens of MiMo's own.
struct TokenizerFiles {
    /// The bytes of each token, and the pairs that are merged, by id.
    var tokens: [[UInt8]]
    var merges: [BytePairTrainer.Pair]

    /// The 256 bytes as GPT-2's vocabulary orders them: the printable ones first.
    static let bytes: [UInt8] = {
        let all = Array(UInt8.min...UInt8.max)
        return all.filter(isPrintable) + all.filter { !isPrintable($0) }
    }()

    /// Tokens that stand behind the learned ones, as MiMo (and Qwen2.5) has them; the first 14 are special. The
    /// think tags are none of them: they are text there too.
    static let added = [
        "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
        "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
        "<|vision_end|>",
        "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>",
        "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    ]

    /// Qwen2's expression, which MiMo shares: every digit is a word by itself.
    private static let pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"#
        + #"|\s+(?!\S)|\s+"#

    /// tokenizer.json.
    var tokenizer: JSON {
        let added = Self.added.enumerated().map { place, token in
            object([
                ("id", number(tokens.count + place)), ("content", .string(token)), ("single_word", false),
                ("lstrip", false), ("rstrip", false), ("normalized", false), ("special", .bool(place < 14)),
            ])
        }
        func byteLevel(prefixSpace: Bool, trims: Bool, regex: Bool) -> JSON {
            object([
                ("type", "ByteLevel"), ("add_prefix_space", .bool(prefixSpace)),
                ("trim_offsets", .bool(trims)),
                ("use_regex", .bool(regex)),
            ])
        }
        let split: JSON = [
            "type": "Split", "pattern": ["Regex": .string(Self.pattern)], "behavior": "Isolated",
            "invert": false,
        ]
        return object([
            ("version", "1.0"), ("truncation", nil), ("padding", nil), ("added_tokens", .array(added)),
            ("normalizer", ["type": "NFC"]),
            (
                "pre_tokenizer",
                [
                    "type": "Sequence",
                    "pretokenizers": [split, byteLevel(prefixSpace: false, trims: true, regex: false)],
                ]
            ),
            ("post_processor", byteLevel(prefixSpace: false, trims: false, regex: false)),
            ("decoder", byteLevel(prefixSpace: true, trims: true, regex: true)), ("model", model),
        ])
    }

    private var model: JSON {
        let spellings = tokens.map(Self.spelling)
        return object([
            ("type", "BPE"), ("dropout", nil), ("unk_token", nil), ("continuing_subword_prefix", nil),
            ("end_of_word_suffix", nil), ("fuse_unk", false), ("byte_fallback", false),
            ("ignore_merges", false),
            ("vocab", object(spellings.enumerated().map { ($0.element, number($0.offset)) })),
            (
                "merges",
                .array(
                    merges.map {
                        .array([.string(spellings[Int($0.left)]), .string(spellings[Int($0.right)])])
                    }
                )
            ),
        ])
    }

    /// tokenizer_config.json.
    static let configuration: JSON = [
        "add_bos_token": false, "add_prefix_space": false, "bos_token": nil,
        "chat_template": .string(ChatTemplateText.source), "clean_up_tokenization_spaces": false,
        "eos_token": "<|im_end|>", "errors": "replace", "model_max_length": 1024,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": false, "tokenizer_class": "PreTrainedTokenizerFast", "unk_token": nil,
    ]

    /// Writes both files.
    func write(to folder: String) throws {
        for (name, content) in [("tokenizer.json", tokenizer), ("tokenizer_config.json", Self.configuration)]
        {
            try AtomicFile.write(content.text(indent: 2) + "\n", to: "\(folder)/\(name)")
        }
    }

    /// Bytes in the alphabet of byte-level files: printable Latin-1 for itself, the others from U+0100 on.
    private static func spelling(_ token: [UInt8]) -> String {
        var text = ""
        for byte in token {
            let place = UInt32(bytes.firstIndex(of: byte) ?? 0)
            let scalar = isPrintable(byte) ? UInt32(byte) : 0x100 + place - 188
            if let scalar = Unicode.Scalar(scalar) { text.unicodeScalars.append(scalar) }
        }
        return text
    }

    private static func isPrintable(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: true
        default: false
        }
    }

    private func object(_ members: [(String, JSON)]) -> JSON { .object(JSONObject(members)) }

    private func number(_ value: Int) -> JSON { .int(Int64(value)) }
}
