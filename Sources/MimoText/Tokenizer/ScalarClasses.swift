/// What a Unicode scalar is to the tokenizer, as a set of flags.
struct ScalarClass: OptionSet {
    let rawValue: UInt8

    /// `\p{L}`
    static let letter = ScalarClass(rawValue: 1)
    /// `\p{N}`
    static let number = ScalarClass(rawValue: 2)
    /// `\s`
    static let whitespace = ScalarClass(rawValue: 4)
    /// `\p{M}`
    static let mark = ScalarClass(rawValue: 8)
    /// What the Digits stage cuts off: `\p{N}` of a newer Unicode version.
    static let numeric = ScalarClass(rawValue: 16)
    /// Has a canonical combining class, so that normalisation may move it.
    static let combining = ScalarClass(rawValue: 32)
    /// May be replaced by, or melt into, another scalar under NFC.
    static let recomposed = ScalarClass(rawValue: 64)

    /// The flags of every scalar that NFC leaves alone wherever it stands.
    static let unstable: ScalarClass = [.combining, .recomposed]
    /// Neither `\s`, `\p{L}` nor `\p{N}` is the rest: punctuation, symbols, marks, controls.
    static let wordOrSpace: ScalarClass = [.letter, .number, .whitespace]
}

/// The class of every scalar, in one flat table that is made once and never written again.
///
/// One byte a scalar, 1.1 MB: a look-up is a single load, and text touches few pages of it.
final class ScalarClasses: Sendable {
    /// The table that everything shares.
    static let shared = ScalarClasses()

    private let table: [ScalarClass]

    private init() {
        var table = [ScalarClass](repeating: [], count: 0x110000)
        func add(_ flags: ScalarClass, _ ranges: [UInt32]) {
            for pair in stride(from: 0, to: ranges.count, by: 2) {
                for scalar in Int(ranges[pair])...Int(ranges[pair + 1]) { table[scalar].formUnion(flags) }
            }
        }
        add(.letter, ScalarRanges.letters)
        add([.number, .numeric], ScalarRanges.numbers)
        add(.numeric, ScalarRanges.numericSince)
        add(.mark, ScalarRanges.marks)
        add(.combining, ScalarRanges.combining)
        add(.recomposed, ScalarRanges.recomposed)
        let whitespace: [UInt32] = [
            0x09, 0x0D, 0x20, 0x20, 0x85, 0x85, 0xA0, 0xA0, 0x1680, 0x1680, 0x2000, 0x200A, 0x2028, 0x2029,
            0x202F, 0x202F, 0x205F, 0x205F, 0x3000, 0x3000,
        ]
        add(.whitespace, whitespace)
        self.table = table
    }

    /// The class of a scalar value; `scalar` is at most 0x10FFFF.
    @inline(__always)
    subscript(scalar: UInt32) -> ScalarClass { table[Int(scalar)] }
}
