internal import MimoFiles

/// What Python's `textwrap.wrap` does to one line, with white space kept as it is.
struct TextWrapping {
    let width: Int
    let breaksWords: Bool
    let breaksHyphens: Bool

    /// The lines that one line becomes.
    func wrap(_ line: String) -> [String] {
        var chunks = chunks(of: line)[...]
        var lines: [String] = []
        while !chunks.isEmpty {
            if !lines.isEmpty, let first = chunks.first, isSpace(first) { chunks.removeFirst() }
            var current: [ArraySlice<Unicode.Scalar>] = []
            var length = 0
            while let first = chunks.first, length + first.count <= width {
                current.append(first)
                length += first.count
                chunks.removeFirst()
            }
            if let first = chunks.first, first.count > width {
                if breaksWords {
                    let room = max(width - length, 1)
                    var cut = room
                    if breaksHyphens, let hyphen = first.prefix(room).lastIndex(of: "-"),
                        hyphen > first.startIndex,
                        first[..<hyphen].contains(where: { $0 != "-" })
                    {
                        cut = hyphen + 1 - first.startIndex
                    }
                    current.append(first.prefix(cut))
                    chunks[chunks.startIndex] = first.dropFirst(cut)
                } else if current.isEmpty {
                    current.append(first)
                    chunks.removeFirst()
                }
            }
            if let last = current.last, isSpace(last) { current.removeLast() }
            if !current.isEmpty {
                var text = String.UnicodeScalarView()
                for chunk in current { text.append(contentsOf: chunk) }
                lines.append(String(text))
            }
        }
        return lines
    }

    private func isSpace(_ chunk: ArraySlice<Unicode.Scalar>) -> Bool { chunk.allSatisfy(\.isPythonSpace) }

    /// Words and white space in turn; a word also ends behind a hyphen between letters.
    private func chunks(of line: String) -> [ArraySlice<Unicode.Scalar>] {
        var chunks: [ArraySlice<Unicode.Scalar>] = []
        let scalars = Array(line.unicodeScalars)
        var start = 0
        for position in scalars.indices.dropFirst() {
            let before = scalars[position - 1]
            let endsAtHyphen =
                breaksHyphens && before == "-" && position > 1
                && scalars[position - 2].properties.isAlphabetic
                && scalars[position].properties.isAlphabetic
            if endsAtHyphen || before.isPythonSpace != scalars[position].isPythonSpace {
                chunks.append(scalars[start..<position])
                start = position
            }
        }
        if start < scalars.count { chunks.append(scalars[start...]) }
        return chunks
    }
}
