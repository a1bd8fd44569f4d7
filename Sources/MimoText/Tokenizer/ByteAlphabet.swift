/// The printable alphabet in which byte-level BPE files spell bytes.
///
/// Printable Latin-1 stands for itself, the other 68 bytes for U+0100 and up, in order: GPT-2's
/// `bytes_to_unicode`. So a space is written `Ġ` (U+0120) and a newline `Ċ` (U+010A).
enum ByteAlphabet {
    /// The byte for each of the scalars 0..<0x144, or -1 where a scalar spells no byte.
    private static let bytes: [Int16] = {
        var bytes = [Int16](repeating: -1, count: 0x144)
        var next = 0x100
        for byte in 0..<0x100 {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: bytes[byte] = Int16(byte)
            default:
                bytes[next] = Int16(byte)
                next += 1
            }
        }
        return bytes
    }()

    /// The bytes that `text` (UTF-8) spells, appended to `output`.
    ///
    /// - Returns: false, with `output` as it was, where a scalar of `text` is outside the alphabet.
    static func decode(_ text: ArraySlice<UInt8>, into output: inout [UInt8]) -> Bool {
        let start = output.count
        var position = text.startIndex
        while position < text.endIndex {
            var scalar = Int(text[position])
            position += 1
            if scalar >= 0x80 {
                // The alphabet ends below U+0800: a longer sequence is outside it anyway.
                guard scalar < 0xE0, position < text.endIndex else {
                    output.removeSubrange(start...)
                    return false
                }
                scalar = (scalar & 0x1F) << 6 | Int(text[position]) & 0x3F
                position += 1
            }
            guard scalar < bytes.count, bytes[scalar] >= 0 else {
                output.removeSubrange(start...)
                return false
            }
            output.append(UInt8(bytes[scalar]))
        }
        return true
    }
}
