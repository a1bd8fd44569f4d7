internal import MimoFiles
internal import MimoText

extension RowEncoder {
    /// Tokenizes weighted segments, cut where the options say.
    func tokenize(_ segments: [WeightedSegment]) -> WeighedTokens {
        var tokens = WeighedTokens()
        var stretch = WeightedText()
        for piece in options.tokenization == .offsets ? segments.flatMap(separatingSupplied) : segments {
            switch piece.segment.content {
            case .ids(let ids):
                append(stretch, to: &tokens)
                stretch = WeightedText()
                tokens.append(ids, weight: piece.weight, rule: piece.rule)
            case .text(let text):
                guard !text.isEmpty else { continue }
                if cuts(before: piece, behind: stretch) {
                    append(stretch, to: &tokens)
                    stretch = WeightedText()
                    if options.tokenization == .offsets { tokens.answerStarts.append(tokens.ids.count) }
                }
                stretch.append(piece, text: text)
            }
        }
        append(stretch, to: &tokens)
        return tokens
    }

    /// What the generation prompt supplies of an answer belongs to the prompt: it is cut off, and not learned
    /// unless everything is.
    private func separatingSupplied(_ piece: WeightedSegment) -> [WeightedSegment] {
        let count = piece.segment.suppliedBytes
        guard count > 0, let text = piece.segment.text else { return [piece] }
        var supplied = piece
        supplied.segment.kind = .responsePrefix
        supplied.segment.content = .text(text.utf8Slice(0..<count))
        supplied.segment.ownWords = piece.segment.ownWords.compactMap { words in
            let common = words.clamped(to: 0..<count)
            return common.isEmpty ? nil : common
        }
        if lossScale.base != .all { (supplied.weight, supplied.rule) = (0, "supplied by the prompt") }
        var rest = piece
        rest.segment.suppliedBytes = 0
        rest.segment.content = .text(text.utf8Slice(count..<text.utf8.count))
        rest.segment.ownWords = piece.segment.ownWords.compactMap { words in
            let common = words.clamped(to: count..<text.utf8.count)
            return common.isEmpty ? nil : common.lowerBound - count..<common.upperBound - count
        }
        return [supplied, rest]
    }

    private func cuts(before piece: WeightedSegment, behind stretch: WeightedText) -> Bool {
        guard let last = stretch.parts.last else { return false }
        return switch options.tokenization {
        case .segments: last.weight != piece.weight
        // An answer begins where the prompt for it ended.
        case .offsets: last.kind.isPrompt && !piece.segment.kind.isPrompt
        }
    }

    private func append(_ stretch: WeightedText, to tokens: inout WeighedTokens) {
        guard !stretch.parts.isEmpty else { return }
        let own = OwnWords(stretch.ownWords, parsesSpecial: options.parsesSpecialInContent)
        if stretch.hasOneRule {
            // Where its tokens stand in the text does not matter.
            let ids = tokenizer.encode(stretch.text, own: own, spelled: &tokens.spelledControlTokens)
            tokens.append(ids, weight: stretch.parts[0].weight, rule: stretch.parts[0].rule)
            return
        }
        var part = 0
        var run: [Int32] = []
        var runsPart = 0
        let placed = tokenizer.encodeWithOffsets(
            stretch.text,
            own: own,
            spelled: &tokens.spelledControlTokens
        )
        for token in placed {
            while part + 1 < stretch.parts.count,
                stretch.parts[part].range.upperBound <= token.range.lowerBound
            {
                part += 1
            }
            var strongest = part
            var next = part + 1
            while next < stretch.parts.count, stretch.parts[next].range.lowerBound < token.range.upperBound {
                if stretch.parts[next].weight > stretch.parts[strongest].weight { strongest = next }
                next += 1
            }
            if strongest != runsPart {
                tokens.append(run, weight: stretch.parts[runsPart].weight, rule: stretch.parts[runsPart].rule)
                run.removeAll(keepingCapacity: true)
                runsPart = strongest
            }
            run.append(token.id)
        }
        tokens.append(run, weight: stretch.parts[runsPart].weight, rule: stretch.parts[runsPart].rule)
    }
}

/// Neighbouring texts that are tokenized as one.
private struct WeightedText {
    struct Part {
        var range: Range<Int>
        var weight: Double
        var rule: String
        var kind: Segment.Kind
    }

    private(set) var text = ""
    private(set) var parts: [Part] = []
    private(set) var ownWords: [Range<Int>] = []

    /// Whether all parts have the same weight for the same reason.
    var hasOneRule: Bool {
        parts.dropFirst().allSatisfy { $0.weight == parts[0].weight && $0.rule.isSame(as: parts[0].rule) }
    }

    mutating func append(_ piece: WeightedSegment, text piecesText: String) {
        let start = text.utf8.count
        text += piecesText
        parts.append(
            Part(
                range: start..<text.utf8.count,
                weight: piece.weight,
                rule: piece.rule,
                kind: piece.segment.kind
            )
        )
        ownWords += piece.segment.ownWords.map { $0.lowerBound + start..<$0.upperBound + start }
    }
}

extension Segment.Kind {
    /// Whether the piece is given to the model, not said by it.
    fileprivate var isPrompt: Bool {
        switch self {
        case .opening, .prompt, .responsePrefix: true
        case .response, .separator, .suffix: false
        }
    }
}
