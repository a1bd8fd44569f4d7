internal import MimoFiles

/// Finds stop words in text that comes in pieces, and never lets part of one through.
struct StopWordMatcher: Sendable {
    private let words: [[UInt8]]
    private let keepsWord: Bool
    /// Text that may be the beginning of a stop word.
    private var pending: [UInt8] = []
    /// What stood behind the stop word that was found, in the same piece.
    private(set) var rest = ""

    init(_ words: [String], keepsWord: Bool = false) {
        self.words = words.map { Array($0.utf8) }.filter { !$0.isEmpty }
        self.keepsWord = keepsWord
    }

    /// The text that is certain not to belong to a stop word, and whether one has been found: then the text
    /// is what stood before it, and nothing may follow.
    mutating func push(_ text: String) -> (text: String, isStopped: Bool) {
        guard !words.isEmpty else { return (text, false) }
        pending += Array(text.utf8)
        if let found = earliestWord() {
            let end = keepsWord ? found.upperBound : found.lowerBound
            rest = String(decoding: pending[found.upperBound...], as: UTF8.self)
            defer { pending.removeAll() }
            return (String(decoding: pending[..<end], as: UTF8.self), true)
        }
        // A stop word begins with a whole character, so that no character is cut here.
        let end = pending.count - heldBack
        defer { pending.removeSubrange(..<end) }
        return (String(decoding: pending[..<end], as: UTF8.self), false)
    }

    /// What was held back: no stop word after all.
    mutating func finish() -> String {
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    private func earliestWord() -> Range<Int>? {
        for start in pending.indices {
            for word in words where pending[start...].starts(with: word) {
                return start..<start + word.count
            }
        }
        return nil
    }

    /// The longest end of the text that begins a stop word.
    private var heldBack: Int {
        let longest = min(pending.count, (words.map(\.count).max() ?? 1) - 1)
        for count in stride(from: longest, to: 0, by: -1) {
            let end = pending.suffix(count)
            if words.contains(where: { $0.starts(with: end) }) { return count }
        }
        return 0
    }
}
