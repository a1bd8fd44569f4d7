/// The byte strings of all tokens: one block of bytes, a span of it per id, and a hash table back to the id.
///
/// MiMo has 151,643 tokens; as Swift strings in a dictionary they would take longer to build than the whole
/// file takes to load now.
struct Vocabulary: Sendable {
    /// Where a token's bytes are in the block.
    private struct Span {
        var start: UInt32 = 0
        /// How many bytes; `absent` marks an id that no token has.
        var count: UInt32 = absent

        static let absent = UInt32.max
    }

    /// What the file's spellings stand for.
    enum Spelling: Sendable {
        /// Bytes, each as a letter of ``ByteAlphabet``.
        case bytes
        /// Text with marked spaces, see ``SpaceMarker``; `<0x0A>` for a byte.
        case text
    }

    /// How the file spells tokens.
    let spelling: Spelling
    private var block: [UInt8] = []
    private var spans: [Span] = []
    /// Open addressing: the upper half of the hash beside the id, or `empty`.
    private var slots: [UInt64]
    private var used = 0
    /// Tokens whose spelling is outside the byte alphabet, so that they stand for their own text.
    private var literals: [[UInt8]: Int32] = [:]

    private static let empty = UInt64.max
    /// More ids than any tokenizer has; keeps a hostile file from asking for gigabytes.
    static let idLimit = 1 << 24

    /// An empty vocabulary with room for about `capacity` tokens.
    init(capacity: Int, spelling: Spelling = .bytes) {
        self.spelling = spelling
        var size = 1024
        while size < capacity * 2 { size *= 2 }
        slots = [UInt64](repeating: Self.empty, count: size)
        spans.reserveCapacity(capacity)
        block.reserveCapacity(capacity * 8)
    }

    /// One more than the highest id.
    var count: Int { spans.count }

    /// What is wrong with a token that was to be added.
    enum Refusal: Error {
        case idOutOfRange
        case idTaken
        case tokenTaken
    }

    /// Appends what a spelling stands for.
    ///
    /// - Returns: false where it is outside the byte alphabet.
    func decode(_ spelling: ArraySlice<UInt8>, into output: inout [UInt8]) -> Bool {
        guard self.spelling == .bytes else {
            output.append(contentsOf: spelling)
            return true
        }
        return ByteAlphabet.decode(spelling, into: &output)
    }

    /// Adds a token as a vocabulary file spells it.
    ///
    /// A spelling with a scalar outside the byte alphabet stands for itself, as in the reference's decoder.
    mutating func add(spelling: [UInt8], id: Int) throws(Refusal) {
        let start = block.count
        if self.spelling == .text {
            block.append(contentsOf: spelling)
            try claim(id, from: start)
            try index(Int32(id))
        } else if ByteAlphabet.decode(spelling[...], into: &block) {
            try claim(id, from: start)
            try index(Int32(id))
        } else {
            try add(literal: spelling, id: id)
        }
    }

    /// Adds a token that stands for exactly `text` (UTF-8).
    mutating func add(literal text: [UInt8], id: Int) throws(Refusal) {
        guard literals[text] == nil else { throw .tokenTaken }
        let start = block.count
        block.append(contentsOf: text)
        try claim(id, from: start)
        literals[text] = Int32(id)
    }

    private mutating func claim(_ id: Int, from start: Int) throws(Refusal) {
        guard id >= 0, id < Self.idLimit, block.count <= Int(UInt32.max) else { throw .idOutOfRange }
        while spans.count <= id { spans.append(Span()) }
        guard spans[id].count == Span.absent else { throw .idTaken }
        spans[id] = Span(start: UInt32(start), count: UInt32(block.count - start))
    }

    private mutating func index(_ id: Int32) throws(Refusal) {
        if (used + 1) * 4 > slots.count * 3 { grow() }
        let slot = withBytes(of: id) { bytes in
            let hash = ByteHash.of(bytes)
            return (find(bytes, hash: hash), hash)
        }
        guard slots[slot.0] == Self.empty else { throw .tokenTaken }
        slots[slot.0] = slot.1 & ~0xFFFF_FFFF | UInt64(UInt32(bitPattern: id))
        used += 1
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: Self.empty, count: old.count * 2)
        for entry in old where entry != Self.empty {
            let id = Int32(truncatingIfNeeded: entry)
            let slot = withBytes(of: id) { find($0, hash: ByteHash.of($0)) }
            slots[slot] = entry
        }
    }

    /// The slot that holds these bytes, or the empty one where they would go.
    @inline(__always)
    private func find(_ bytes: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let entry = slots[slot]
            if entry == Self.empty { return slot }
            if (entry ^ hash) >> 32 == 0 {
                let span = spans[Int(truncatingIfNeeded: entry & 0xFFFF_FFFF)]
                if Int(span.count) == bytes.count, equals(span, bytes) { return slot }
            }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private func equals(_ span: Span, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var position = Int(span.start)
        for byte in bytes {
            if block[position] != byte { return false }
            position += 1
        }
        return true
    }

    /// Whether ``id(ofBytes:)`` would find this id; false also where that is not quickly seen.
    func isToken(_ id: Int32, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard literals.isEmpty, contains(id), Int(spans[Int(id)].count) == bytes.count else { return false }
        return equals(spans[Int(id)], bytes)
    }

    /// The id of the token that stands for these bytes, or nil.
    func id(ofBytes bytes: UnsafeBufferPointer<UInt8>) -> Int32? {
        let entry = slots[find(bytes, hash: ByteHash.of(bytes))]
        return entry == Self.empty ? nil : Int32(truncatingIfNeeded: entry)
    }

    /// The id of the token that a file would spell so, or nil.
    func id(ofSpelling spelling: [UInt8]) -> Int32? {
        var bytes: [UInt8] = []
        guard decode(spelling[...], into: &bytes) else { return literals[spelling] }
        return bytes.withUnsafeBufferPointer { id(ofBytes: $0) } ?? literals[spelling]
    }

    /// Whether a token has this id.
    func contains(_ id: Int32) -> Bool {
        spans.indices.contains(Int(id)) && spans[Int(id)].count != Span.absent
    }

    /// How many bytes a token stands for; `id` must be a token's.
    @inline(__always)
    func byteCount(of id: Int32) -> Int { Int(spans[Int(id)].count) }

    /// Lends the bytes that a token stands for; `id` must be a token's.
    @inline(__always)
    func withBytes<Result>(of id: Int32, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        let span = spans[Int(id)]
        return block.withUnsafeBufferPointer { block in
            body(UnsafeBufferPointer(rebasing: block[Int(span.start)..<Int(span.start) + Int(span.count)]))
        }
    }
}
