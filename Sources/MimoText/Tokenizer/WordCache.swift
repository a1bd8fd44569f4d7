/// The tokens of words seen lately: a direct-mapped table, so that a new word simply replaces an old one.
///
/// A slot is one cache line: the word itself, up to 31 bytes and its length, and up to seven tokens.
struct WordCache: Sendable {
    private struct Slot {
        var word = SIMD4<UInt64>.zero
        /// The tokens, and in the last lane how many they are.
        var tokens = SIMD8<Int32>.zero
    }

    private var slots = [Slot](repeating: Slot(), count: 1 << bits)

    private static let bits: UInt64 = 16
    /// The longest word that fits a slot, in bytes.
    static let longestWord = 31
    /// How many tokens fit a slot.
    static let mostTokens = 7

    /// A word as the table compares it: its bytes, then zeros, and its length in the last byte.
    struct Key {
        fileprivate let word: SIMD4<UInt64>
        fileprivate let slot: Int

        /// The key of the word at `start..<end` of `text`, which has 1 to 31 bytes.
        @inline(__always)
        init(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) {
            let raw = UnsafeRawBufferPointer(text)
            let count = end - start
            var word = SIMD4<UInt64>.zero
            var lane = 0
            var position = start
            while position + 8 <= end {
                word[lane] = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                position += 8
                lane += 1
            }
            let rest = end - position
            if rest > 0 {
                if position + 8 <= raw.count {
                    let bytes = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                    word[lane] = UInt64(littleEndian: bytes) & (1 << UInt64(rest * 8) - 1)
                } else {
                    var bytes: UInt64 = 0
                    for offset in 0..<rest { bytes |= UInt64(raw[position + offset]) << UInt64(offset * 8) }
                    word[lane] = bytes
                }
            }
            word[3] |= UInt64(count) << 56
            self.word = word
            var hash = ByteHash.mix(word[0] ^ word[3])
            if count > 8 { hash = ByteHash.mix(hash ^ word[1] ^ (word[2] &* 0x9E37_79B9_7F4A_7C15)) }
            slot = Int(truncatingIfNeeded: hash >> (64 - WordCache.bits))
        }
    }

    /// Appends the word's tokens to `output`, if they are here.
    @inline(__always)
    func append(_ key: Key, to output: inout [Int32]) -> Bool {
        guard slots[key.slot].word == key.word else { return false }
        let tokens = slots[key.slot].tokens
        for lane in 0..<Int(tokens[Self.mostTokens]) { output.append(tokens[lane]) }
        return true
    }

    /// Keeps the tokens of a word, if they fit.
    mutating func insert(_ key: Key, _ tokens: ArraySlice<Int32>) {
        guard tokens.count <= Self.mostTokens else { return }
        var lanes = SIMD8<Int32>.zero
        for (lane, token) in tokens.enumerated() { lanes[lane] = token }
        lanes[Self.mostTokens] = Int32(tokens.count)
        slots[key.slot] = Slot(word: key.word, tokens: lanes)
    }
}
