public import MimoFiles
public import MimoText

/// A sample laid out for people: its text in pieces, each with its weight and the rule behind it.
public struct RowPreview: Sendable {
    /// Neighbouring tokens of one weight and rule.
    public struct Piece: Sendable, Equatable {
        /// Their text; bytes of unfinished characters are drawn to the piece where the character ends.
        public var text: String
        /// Their weight in the loss; 0 where nothing is learned.
        public var weight: Float
        /// What gave them their weight.
        public var rule: String
        /// How many tokens they are.
        public var tokens: Int
    }

    /// Where the row stands.
    public let origin: RowOrigin
    /// The pieces in order.
    public let pieces: [Piece]
    private let sample: Sample
    private let text: String

    /// Lays out a sample.
    public init(_ explained: ExplainedSample, tokenizer: Tokenizer) {
        let sample = explained.sample
        self.sample = sample
        origin = sample.origin
        text = tokenizer.decode(sample.ids)
        var pieces: [Piece] = []
        var bytes: [UInt8] = []
        for span in explained.spans {
            for index in span.range {
                let isLearned = sample.labels[index] != Sample.ignored
                let weight = isLearned ? sample.lossScale?[index] ?? 1 : 0
                if let last = pieces.last, last.rule != span.rule || last.weight != weight {
                    Self.move(&bytes, to: &pieces, keepingUnfinished: true)
                }
                if pieces.last.map({ $0.rule != span.rule || $0.weight != weight }) ?? true {
                    pieces.append(Piece(text: "", weight: weight, rule: span.rule, tokens: 0))
                }
                pieces[pieces.count - 1].tokens += 1
                bytes += tokenizer.bytes(of: sample.ids[index]) ?? []
            }
        }
        Self.move(&bytes, to: &pieces, keepingUnfinished: false)
        self.pieces = pieces
    }

    /// Appends bytes to the last piece; those of a character that goes on behind it stay.
    private static func move(_ bytes: inout [UInt8], to pieces: inout [Piece], keepingUnfinished: Bool) {
        guard !pieces.isEmpty else { return }
        var end = bytes.count
        if keepingUnfinished, let lead = bytes.suffix(3).lastIndex(where: { $0 >= 0xc0 }) {
            let width = bytes[lead] >= 0xf0 ? 4 : bytes[lead] >= 0xe0 ? 3 : 2
            if lead + width > bytes.count { end = lead }
        }
        pieces[pieces.count - 1].text += String(decoding: bytes[..<end], as: UTF8.self)
        bytes.removeFirst(end)
    }

    /// The sample as one JSON object: `input_ids`, `labels`, `loss_scale`, `text` and where it stands.
    public var json: JSON {
        .object(
            JSONObject([
                ("file", .string(origin.path)), ("line", .int(Int64(origin.line))),
                ("input_ids", .array(sample.ids.map { .int(Int64($0)) })),
                ("labels", .array(sample.labels.map { .int(Int64($0)) })),
                ("loss_scale", sample.lossScale.map { .array($0.map { .double(Double($0)) }) } ?? .null),
                ("text", .string(text)),
            ])
        )
    }

    /// A line about the sample: its place and its tokens.
    public var heading: String {
        "\(origin): \(sample.ids.count) tokens, \(sample.countedTokens) of them learned"
    }

    /// The text for a terminal, with a list of the rules below it.
    ///
    /// Control characters are shown, not sent: a row cannot steer the terminal.
    ///
    /// - Parameter colored: whether weights are colours; else learned pieces stand in 【 】.
    /// - Returns: the text, ending with a line feed.
    public func terminal(colored: Bool = true) -> String {
        var out = "\(heading)\n"
        for piece in pieces {
            let text = Visible.text(piece.text)
            if colored {
                out += "\u{1b}[\(Self.color(piece.weight))m\(text)\u{1b}[0m"
            } else {
                out += piece.weight > 0 ? "【\(text)】" : text
            }
        }
        out += "\n"
        for rule in rules {
            let mark =
                colored ? "\u{1b}[\(Self.color(rule.weight))m■\u{1b}[0m" : rule.weight > 0 ? "【】" : "  "
            out +=
                "  \(mark) weight \(Self.number(rule.weight)): \(Visible.text(rule.rule)), \(rule.tokens) tokens\n"
        }
        return out
    }

    /// The rules that occur, with their weights and tokens, in the order of the text.
    public var rules: [(rule: String, weight: Float, tokens: Int)] {
        var rules: [(rule: String, weight: Float, tokens: Int)] = []
        for piece in pieces {
            if let index = rules.firstIndex(where: { $0.rule == piece.rule && $0.weight == piece.weight }) {
                rules[index].tokens += piece.tokens
            } else {
                rules.append((piece.rule, piece.weight, piece.tokens))
            }
        }
        return rules
    }

    /// The sample as a section of a page; nothing of the row can be more than text in it.
    public var html: String {
        var out = "<section>\n<h2>\(Visible.html(heading))</h2>\n<pre>"
        for piece in pieces {
            let note = "weight \(Self.number(piece.weight)): \(piece.rule), \(piece.tokens) tokens"
            out += "<span class=\"\(Self.htmlClass(piece.weight))\" title=\"\(Visible.html(note))\">"
            out += "\(Visible.html(Visible.text(piece.text)))</span>"
        }
        return out + "</pre>\n</section>\n"
    }

    static func number(_ weight: Float) -> String {
        weight == weight.rounded() ? String(Int(weight)) : "\(weight)"
    }

    private static func color(_ weight: Float) -> String {
        weight == 0 ? "90" : weight < 1 ? "36" : weight == 1 ? "32" : "1;33"
    }

    private static func htmlClass(_ weight: Float) -> String {
        weight == 0 ? "none" : weight < 1 ? "less" : weight == 1 ? "one" : "more"
    }
}

/// Text made safe to show.
enum Visible {
    /// Control characters as pictures; line feeds stay, behind a mark.
    static func text(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x0a: out += ["↵", "\n"]
            case 0x00...0x1f: out.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
            case 0x7f: out.append("␡")
            // C1 controls steer terminals; marks of direction reorder what is read.
            case 0x80...0x9f, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
                out += "⟨\(hex(scalar))⟩".unicodeScalars
            default: out.append(scalar)
            }
        }
        return String(out)
    }

    /// Text as HTML shows it, in an element or an attribute.
    static func html(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            case "'": out += "&#39;"
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        "U+" + String(scalar.value, radix: 16, uppercase: true)
    }
}
