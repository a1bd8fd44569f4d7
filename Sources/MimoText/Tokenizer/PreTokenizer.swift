/// Cuts text into the words that byte pair encoding works on, each stage within the pieces of the one before.
struct PreTokenizer: Sendable {
    /// One way to cut.
    enum Stage: Sendable, Equatable {
        /// Every numeric scalar by itself.
        case digits
        /// GPT-2's regular expression.
        case gpt2
        /// The expression of cl100k, in the variants of Llama 3 and Qwen.
        case cl100k(CL100KPattern)
        /// Before every mark of a space (`Metaspace` that splits).
        case spaceMarks
        /// Before every mark that follows something else. No file asks for it: it is how text without any
        /// pre-tokenizer is cut where no merge reaches across, so that words can be remembered.
        case spaceMarkRuns
    }

    let stages: [Stage]
    /// How spaces are marked first, if they are (`Metaspace`).
    var spaces: SpaceMarker?

    /// Appends the end of each word of `range`, in order; the words fill the range.
    func appendWordEnds(
        of text: UnsafeBufferPointer<UInt8>,
        in range: Range<Int>,
        to ends: inout [Int]
    ) {
        cut(WordScanner(text: text), range.lowerBound, range.upperBound, stage: 0, &ends)
    }

    private func cut(_ scanner: WordScanner, _ start: Int, _ limit: Int, stage: Int, _ ends: inout [Int]) {
        guard stage < stages.count else { return ends.append(limit) }
        let isLast = stage == stages.count - 1
        var start = start
        while start < limit {
            let end = scanner.endOfWord(at: start, limit: limit, stages[stage])
            if isLast { ends.append(end) } else { cut(scanner, start, end, stage: stage + 1, &ends) }
            start = end
        }
    }
}

/// How a checkpoint's regular expression differs from that of cl100k.
struct CL100KPattern: Sendable, Equatable {
    /// The most numeric scalars in a word: 1 for Qwen, 3 for Llama 3.
    var longestNumber: Int
    /// Whether `\p{M}` belongs to words like letters (Qwen3.5), or is a symbol.
    var marksAreLetters = false
}

extension PreTokenizer {
    /// The expressions that are known, as the files write them.
    ///
    /// They are not interpreted: each has a scanner of its own, and an unknown one is refused.
    static func stage(forPattern pattern: String) -> Stage? {
        knownPatterns.first { $0.pattern.utf8.elementsEqual(pattern.utf8) }?.stage
    }

    private static let knownPatterns: [(pattern: String, stage: Stage)] = {
        let contractions = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)"#
        let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
        func cl100k(_ number: String) -> String {
            contractions + #"|[^\r\n\p{L}\p{N}]?\p{L}+|"# + number
                + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|"# + spaces
        }
        let marked =
            contractions + #"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|"# + spaces
        let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
        return [
            (cl100k(#"\p{N}"#), .cl100k(CL100KPattern(longestNumber: 1))),
            (cl100k(#"\p{N}{1,3}"#), .cl100k(CL100KPattern(longestNumber: 3))),
            (marked, .cl100k(CL100KPattern(longestNumber: 1, marksAreLetters: true))),
            (gpt2, .gpt2),
        ]
    }()
}
