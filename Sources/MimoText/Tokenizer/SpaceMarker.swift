/// How the vocabularies of SentencePiece spell spaces: as U+2581 (▁), with one more in front of a text.
///
/// A file asks for it by the normalizers `Prepend` and `Replace`, or by the pre-tokenizer `Metaspace`.
struct SpaceMarker: Sendable, Equatable {
    /// Where a mark is put in front.
    enum Front: Sendable {
        /// Nowhere.
        case never
        /// Before every piece of text (`Prepend`).
        case always
        /// Before every piece that does not begin with one (`Metaspace`, scheme `always`).
        case unlessMarked
        /// The same, but only where the piece begins the whole text (scheme `first`).
        case unlessMarkedAtBeginning
    }

    /// Where a mark is put in front.
    let front: Front

    /// The mark in UTF-8.
    static let mark: [UInt8] = [0xE2, 0x96, 0x81]
    /// The mark as text.
    static let text = "\u{2581}"

    /// A piece of text with its spaces marked; `isBeginning` where nothing stands before it.
    func marked(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>, isBeginning: Bool)
        -> Normalizer.Result
    {
        var result = Normalizer.Result(bytes: [], edits: [])
        guard !range.isEmpty else { return result }
        result.bytes.reserveCapacity(range.count + range.count / 2 + 8)
        if putsMark(inFrontOf: text, range, isBeginning: isBeginning) {
            result.replace(range.lowerBound..<range.lowerBound, with: Self.mark)
        }
        var done = range.lowerBound
        for position in range where text[position] == UInt8(ascii: " ") {
            result.bytes.append(contentsOf: text[done..<position])
            result.replace(position..<position + 1, with: Self.mark)
            done = position + 1
        }
        result.bytes.append(contentsOf: text[done..<range.upperBound])
        return result
    }

    private func putsMark(
        inFrontOf text: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        isBeginning: Bool
    ) -> Bool {
        let isMarked =
            text[range.lowerBound] == UInt8(ascii: " ") || text[range].prefix(3).elementsEqual(Self.mark)
        return switch front {
        case .never: false
        case .always: true
        case .unlessMarked: !isMarked
        case .unlessMarkedAtBeginning: !isMarked && isBeginning
        }
    }

    /// The text of a token: its marks are spaces again.
    static func unmarked(_ bytes: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        var position = 0
        while position < bytes.count {
            if bytes[position] == mark[0], position + 2 < bytes.count, bytes[position + 1] == mark[1],
                bytes[position + 2] == mark[2]
            {
                output.append(UInt8(ascii: " "))
                position += 3
            } else {
                output.append(bytes[position])
                position += 1
            }
        }
    }
}
