/// A stretch of a template's text.
enum Stretch: Sendable {
    /// The template's own words, control tokens among them.
    case literal(String)
    /// The row's words.
    case words(String)
    /// The hole for the system prompt.
    case system
    /// The hole for the user's or tool's turn.
    case query
}

extension [Stretch] {
    /// The text without its holes.
    var text: String {
        reduce(into: "") { text, stretch in
            switch stretch {
            case .literal(let piece), .words(let piece): text += piece
            case .system, .query: break
            }
        }
    }

    var mentionsSystem: Bool { contains { if case .system = $0 { true } else { false } } }

    /// The stretches with the query's hole filled.
    func filling(query: [Stretch]) -> [Stretch] {
        flatMap { stretch in if case .query = stretch { query } else { [stretch] } }
    }

    /// What stands in front of the query's hole; nil where there is none.
    var beforeQuery: [Stretch]? {
        firstIndex { if case .query = $0 { true } else { false } }.map { Array(self[..<$0]) }
    }
}

/// One of a template's parts: texts with holes for the system prompt and the query, and tokens.
struct Layout: Sendable {
    /// A piece: it becomes one segment.
    enum Piece: Sendable {
        case text([Stretch])
        /// The tokenizer's token that begins a text.
        case beginning
        /// The tokenizer's token that ends a text.
        case end
    }

    let pieces: [Piece]

    init(_ pieces: [Piece]) {
        self.pieces = pieces
    }

    /// Reads the field's notation, where `{{SYSTEM}}` and `{{QUERY}}` are the holes.
    init(_ text: String) {
        var stretches: [Stretch] = []
        var rest = text[...]
        while let hole = [("{{SYSTEM}}", Stretch.system), ("{{QUERY}}", .query)]
            .compactMap({ mark, stretch in rest.firstRange(of: mark).map { ($0, stretch) } })
            .min(by: { $0.0.lowerBound < $1.0.lowerBound })
        {
            if hole.0.lowerBound > rest.startIndex {
                stretches.append(.literal(String(rest[..<hole.0.lowerBound])))
            }
            stretches.append(hole.1)
            rest = rest[hole.0.upperBound...]
        }
        if !rest.isEmpty { stretches.append(.literal(String(rest))) }
        pieces = stretches.isEmpty ? [] : [.text(stretches)]
    }

    static let nothing = Layout([])

    static func + (lhs: Layout, rhs: Layout) -> Layout {
        Layout(lhs.pieces + rhs.pieces)
    }

    var mentionsSystem: Bool {
        pieces.contains { if case .text(let stretches) = $0 { stretches.mentionsSystem } else { false } }
    }

    /// The part without the pieces that need a system prompt.
    var withoutSystem: Layout {
        Layout(
            pieces.filter { if case .text(let stretches) = $0 { !stretches.mentionsSystem } else { true } }
        )
    }

    /// The part with the system prompt's hole left empty.
    var emptyingSystem: Layout {
        Layout(
            pieces.map { piece in
                guard case .text(let stretches) = piece else { return piece }
                return .text(stretches.filter { if case .system = $0 { false } else { true } })
            }
        )
    }

    /// The part with the query's hole filled.
    func filling(query: [Stretch]) -> Layout {
        Layout(
            pieces.map {
                if case .text(let stretches) = $0 { .text(stretches.filling(query: query)) } else { $0 }
            }
        )
    }

    /// The part as segments; empty ones are left out.
    ///
    /// - Throws: ``ChatTemplateError/missingToken(_:template:)``.
    func segments(_ kind: Segment.Kind, round: Int = 0, system: String? = nil, of template: RoundTemplate)
        throws
        -> [Segment]
    {
        try pieces.compactMap { piece in
            switch piece {
            case .beginning:
                guard let id = template.tokens.beginning else {
                    throw ChatTemplateError.missingToken("beginning-of-text", template: template.name)
                }
                return Segment(kind, .ids([id]), round: round)
            case .end:
                guard let id = template.tokens.end else {
                    throw ChatTemplateError.missingToken("end-of-text", template: template.name)
                }
                return Segment(kind, .ids([id]), round: round)
            case .text(let stretches):
                var text = ""
                var ownWords: [Range<Int>] = []
                for stretch in stretches {
                    let words: String
                    switch stretch {
                    case .literal(let literal):
                        text += literal
                        continue
                    case .words(let given): words = given
                    case .system: words = system ?? ""
                    case .query: words = ""
                    }
                    let start = text.utf8.count
                    text += words
                    if !words.isEmpty { ownWords.append(start..<text.utf8.count) }
                }
                return text.isEmpty ? nil : Segment(kind, .text(text), round: round, ownWords: ownWords)
            }
        }
    }
}
