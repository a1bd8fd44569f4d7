/// Finds the ends of words, by hand instead of by regular expression.
///
/// The alternatives of an expression are tried in order at each position, so every case below follows one of
/// them; what it matches depends on nothing before the position.
struct WordScanner {
    let text: UnsafeBufferPointer<UInt8>
    private let classes = ScalarClasses.shared

    init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    /// The end of the word that starts at `start` of a piece that ends at `limit`; at least one scalar on.
    @inline(__always)
    func endOfWord(at start: Int, limit: Int, _ stage: PreTokenizer.Stage) -> Int {
        switch stage {
        case .cl100k(let pattern): endOfCL100KWord(start, limit, pattern)
        case .gpt2: endOfGPT2Word(start, limit)
        case .digits: endOfDigitsPiece(start, limit)
        case .spaceMarks: endOfMarkedWord(start, limit, takesRuns: false)
        case .spaceMarkRuns: endOfMarkedWord(start, limit, takesRuns: true)
        }
    }

    /// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|`
    /// `\s+(?!\S)|\s+`, where `\p{L}` includes `\p{M}` if marks are letters.
    private func endOfCL100KWord(_ start: Int, _ limit: Int, _ pattern: CL100KPattern) -> Int {
        let letters: ScalarClass = pattern.marksAreLetters ? [.letter, .mark] : .letter
        let solid = letters.union([.number, .whitespace])
        let first = text.scalar(at: start)
        let next = start + first.width
        let kind = classes[first.value]
        if first.value == 0x27, let end = endOfContraction(after: next, limit, ignoringCase: true) {
            return end
        }
        if !kind.isDisjoint(with: letters) {
            // A mark that is a letter may also be what stands before the letters: the same characters either way.
            return endOfRun(next, limit, of: letters)
        }
        if kind.contains(.number) {
            return endOfRun(next, limit, of: .number, atMost: pattern.longestNumber - 1)
        }
        guard next < limit else { return next }
        let second = text.scalar(at: next)
        let isNewline = first.value == 0x0A || first.value == 0x0D
        let secondKind = classes[second.value]
        if !isNewline, !secondKind.isDisjoint(with: letters) {
            return endOfRun(next + second.width, limit, of: letters)
        }
        if !kind.contains(.whitespace) {
            return endOfNewlines(endOfRun(next, limit, outside: solid), limit)
        }
        if first.value == 0x20, secondKind.isDisjoint(with: solid) {
            return endOfNewlines(endOfRun(next + second.width, limit, outside: solid), limit)
        }
        return endOfSpaces(start, limit, breakingAfterNewlines: true)
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    private func endOfGPT2Word(_ start: Int, _ limit: Int) -> Int {
        var first = text.scalar(at: start)
        var next = start + first.width
        if first.value == 0x27, let end = endOfContraction(after: next, limit, ignoringCase: false) {
            return end
        }
        if first.value == 0x20, next < limit {
            let second = text.scalar(at: next)
            if !classes[second.value].contains(.whitespace) {
                first = second
                next += second.width
            }
        }
        let kind = classes[first.value]
        if kind.contains(.letter) { return endOfRun(next, limit, of: .letter) }
        if kind.contains(.number) { return endOfRun(next, limit, of: .number) }
        if kind.contains(.whitespace) { return endOfSpaces(start, limit, breakingAfterNewlines: false) }
        return endOfRun(next, limit, outside: .wordOrSpace)
    }

    /// A numeric scalar, or all up to the next.
    private func endOfDigitsPiece(_ start: Int, _ limit: Int) -> Int {
        let first = text.scalar(at: start)
        let next = start + first.width
        return classes[first.value].contains(.numeric) ? next : endOfRun(next, limit, outside: .numeric)
    }

    /// All up to the next mark of a space, or up to the next that does not follow another.
    private func endOfMarkedWord(_ start: Int, _ limit: Int, takesRuns: Bool) -> Int {
        let mark: UInt32 = 0x2581
        let first = text.scalar(at: start)
        var position = start + first.width
        var isBehindMark = first.value == mark
        while position < limit {
            let scalar = text.scalar(at: position)
            if scalar.value == mark {
                guard takesRuns, isBehindMark else { break }
            } else {
                isBehindMark = false
            }
            position += scalar.width
        }
        return position
    }

    // MARK: Parts

    /// The end of `s`, `t`, `re`, `ve`, `m`, `ll` or `d` after an apostrophe.
    ///
    /// Where case is ignored, U+017F (ſ) is an `s`, too.
    private func endOfContraction(after start: Int, _ limit: Int, ignoringCase: Bool) -> Int? {
        guard start < limit else { return nil }
        func letter(_ position: Int) -> UInt8 {
            guard position < limit else { return 0 }
            let byte = text[position]
            return ignoringCase && byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
        }
        switch letter(start) {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return letter(start + 1) == UInt8(ascii: "e") ? start + 2 : nil
        case UInt8(ascii: "l"): return letter(start + 1) == UInt8(ascii: "l") ? start + 2 : nil
        case 0xC5: return ignoringCase && letter(start + 1) == 0xBF ? start + 2 : nil
        default: return nil
        }
    }

    /// The end of the run of scalars that are in `members`, at most so many of them.
    @inline(__always)
    private func endOfRun(_ start: Int, _ limit: Int, of members: ScalarClass, atMost most: Int = .max) -> Int
    {
        var position = start
        var left = most
        while position < limit, left > 0 {
            let scalar = text.scalar(at: position)
            guard !classes[scalar.value].isDisjoint(with: members) else { break }
            position += scalar.width
            left -= 1
        }
        return position
    }

    /// The end of the run of scalars that are in none of `others`.
    @inline(__always)
    private func endOfRun(_ start: Int, _ limit: Int, outside others: ScalarClass) -> Int {
        var position = start
        while position < limit {
            let scalar = text.scalar(at: position)
            guard classes[scalar.value].isDisjoint(with: others) else { break }
            position += scalar.width
        }
        return position
    }

    /// `[\r\n]*`
    private func endOfNewlines(_ start: Int, _ limit: Int) -> Int {
        var position = start
        while position < limit, text[position] == 0x0A || text[position] == 0x0D { position += 1 }
        return position
    }

    /// `\s*[\r\n]+` (if so asked), else `\s+(?!\S)`, else `\s+`, at a white space.
    private func endOfSpaces(_ start: Int, _ limit: Int, breakingAfterNewlines: Bool) -> Int {
        var position = start
        var last = start
        var behindNewline = start
        while position < limit {
            let scalar = text.scalar(at: position)
            guard classes[scalar.value].contains(.whitespace) else { break }
            last = position
            position += scalar.width
            if scalar.value == 0x0A || scalar.value == 0x0D { behindNewline = position }
        }
        if breakingAfterNewlines, behindNewline > start { return behindNewline }
        // Before a word, the last white space stays for the word.
        return position == limit || last == start ? position : last
    }
}
