extension Tokenizer {
    /// The words that byte pair encoding works on, which no merge reaches across: text without its added tokens,
    /// normalised and cut by the pre-tokenizer.
    ///
    /// - Parameter text: any text.
    /// - Returns: the bytes of each word, in order.
    public func words(of text: String) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var ids: [Int32] = []
        var spelled = 0
        var text = text
        text.withUTF8 { bytes in
            forEachPiece(of: bytes, own: OwnWords([]), spelled: &spelled, into: &ids) { piece, _, _ in
                guard piece.id == nil else { return }
                var ends: [Int] = []
                parts.preTokenizer.appendWordEnds(of: piece.text, in: piece.range, to: &ends)
                var start = piece.range.lowerBound
                for end in ends {
                    words.append(Array(piece.text[start..<end]))
                    start = end
                }
            }
        }
        return words
    }
}
