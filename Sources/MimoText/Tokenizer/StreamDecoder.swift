/// Turns ids into text one at a time, without showing half a character.
///
/// The pieces, put together, are what ``Tokenizer/decode(_:skippingSpecial:)`` gives for all ids at once.
public struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skippingSpecial: Bool
    /// The beginning of a character whose end has not come yet: at most three bytes.
    private var pending: [UInt8] = []
    private var state = TokenDecoding.State()

    /// A decoder at the beginning of a text.
    ///
    /// - Parameters:
    ///   - tokenizer: whose ids they are.
    ///   - skippingSpecial: whether control tokens are left out.
    public init(_ tokenizer: Tokenizer, skippingSpecial: Bool) {
        self.tokenizer = tokenizer
        self.skippingSpecial = skippingSpecial
    }

    /// The text that an id adds; empty while a character is unfinished.
    public mutating func push(_ id: Int32) -> String {
        tokenizer.append(id, skippingSpecial: skippingSpecial, &state, to: &pending)
        let end = pending.count - (tokenizer.givesHalfCharacters ? unfinishedCount() : 0)
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(..<end)
        return text
    }

    /// What is left at the end: U+FFFD for a character that was never finished, otherwise nothing.
    public mutating func finish() -> String {
        tokenizer.finish(&state, to: &pending)
        defer { pending.removeAll() }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that further bytes could finish.
    private func unfinishedCount() -> Int {
        for count in 1...3 where count <= pending.count {
            let lead = pending[pending.count - count]
            if lead & 0xC0 == 0x80 { continue }
            let second = count > 1 ? pending[pending.count - count + 1] : nil
            return Self.isUnfinished(lead, second, count) ? count : 0
        }
        return 0
    }

    /// Whether `count` bytes that begin with these, the others being continuations, are the beginning of a
    /// longer well-formed sequence (Unicode, table 3-7).
    private static func isUnfinished(_ lead: UInt8, _ second: UInt8?, _ count: Int) -> Bool {
        let length: Int
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return false
        }
        guard count < length else { return false }
        return switch (lead, second) {
        case (0xE0, let second?): second >= 0xA0
        case (0xED, let second?): second < 0xA0
        case (0xF0, let second?): second >= 0x90
        case (0xF4, let second?): second < 0x90
        default: true
        }
    }
}
