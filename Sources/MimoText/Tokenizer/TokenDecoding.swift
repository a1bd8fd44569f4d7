/// How tokens become text again.
struct TokenDecoding: Sendable {
    /// The bytes that tokens such as `<0x0A>` stand for; nil where tokens are bytes anyway.
    private let byteTokens: [Int32: UInt8]?
    /// Whether the space goes that was put in front of the text.
    private let stripsSpace: Bool
    /// The texts of added tokens that are looked for in normalised text: as they stand there.
    private let normalizedTokens: [Int32: [UInt8]]

    /// The way of a vocabulary; `added` are tokens that are looked for in normalised text, normalised.
    init(_ vocabulary: borrowing Vocabulary, added: [AddedToken], stripsSpace: Bool) {
        self.stripsSpace = stripsSpace
        normalizedTokens =
            vocabulary.spelling == .bytes
            ? [:] : Dictionary(added.map { ($0.id, $0.content) }) { first, _ in first }
        guard vocabulary.spelling == .text else {
            byteTokens = nil
            return
        }
        var byteTokens: [Int32: UInt8] = [:]
        for id in 0..<Int32(vocabulary.count) where vocabulary.contains(id) {
            if let byte = vocabulary.withBytes(of: id, Self.byte) { byteTokens[id] = byte }
        }
        self.byteTokens = byteTokens
    }

    /// Whether all of a text is there whatever its bytes: else the reference drops bytes that have no token.
    var keepsBytes: Bool { byteTokens != nil }

    /// Whether what a token adds may be half a character.
    var givesBytes: Bool { byteTokens == nil }

    /// How many bytes of a (normalised) text a token stands for.
    @inline(__always)
    func byteCount(of id: Int32, _ vocabulary: borrowing Vocabulary) -> Int {
        if let byteTokens, byteTokens[id] != nil { return 1 }
        return vocabulary.byteCount(of: id)
    }

    /// The bytes that a token stands for by itself.
    func bytes(of id: Int32, _ vocabulary: borrowing Vocabulary) -> [UInt8] {
        guard let byteTokens else { return vocabulary.withBytes(of: id) { Array($0) } }
        if let byte = byteTokens[id] { return [byte] }
        var bytes: [UInt8] = []
        appendText(of: id, vocabulary, to: &bytes)
        return bytes
    }

    private func appendText(of id: Int32, _ vocabulary: borrowing Vocabulary, to output: inout [UInt8]) {
        if let bytes = normalizedTokens[id] {
            bytes.withUnsafeBufferPointer { SpaceMarker.unmarked($0, to: &output) }
        } else {
            vocabulary.withBytes(of: id) { SpaceMarker.unmarked($0, to: &output) }
        }
    }

    /// The byte that `<0x0A>` and the like spell.
    private static func byte(_ spelling: UnsafeBufferPointer<UInt8>) -> UInt8? {
        guard spelling.count == 6, spelling.hasBytes("<0x", at: 0, before: 6),
            spelling[5] == UInt8(ascii: ">")
        else { return nil }
        return UInt8(String(decoding: spelling[3..<5], as: UTF8.self), radix: 16)
    }

    /// What is known of a text while its tokens come in.
    struct State: Sendable {
        fileprivate var isAtBeginning = true
        /// Bytes of tokens such as `<0x0A>`, until another kind of token ends their run.
        fileprivate var run: [UInt8] = []
    }

    /// Appends what a token adds to the text; some of it may wait for the next.
    func append(
        _ id: Int32,
        _ vocabulary: borrowing Vocabulary,
        _ state: inout State,
        to output: inout [UInt8]
    ) {
        guard let byteTokens else {
            vocabulary.withBytes(of: id) { output.append(contentsOf: $0) }
            return
        }
        if let byte = byteTokens[id] {
            state.run.append(byte)
            return
        }
        finish(&state, to: &output)
        let start = output.count
        appendText(of: id, vocabulary, to: &output)
        guard output.count > start, state.isAtBeginning else { return }
        state.isAtBeginning = false
        if stripsSpace, output[start] == UInt8(ascii: " ") { output.remove(at: start) }
    }

    /// Appends what has waited: a run of bytes, which is U+FFFD a byte where it is not UTF-8 as a whole.
    func finish(_ state: inout State, to output: inout [UInt8]) {
        guard !state.run.isEmpty else { return }
        if let text = String(validating: state.run, as: UTF8.self) {
            let isStripped = stripsSpace && state.isAtBeginning && state.run[0] == UInt8(ascii: " ")
            output.append(contentsOf: text.utf8.dropFirst(isStripped ? 1 : 0))
        } else {
            for _ in state.run { output.append(contentsOf: "\u{FFFD}".utf8) }
        }
        state.isAtBeginning = false
        state.run.removeAll(keepingCapacity: true)
    }
}
