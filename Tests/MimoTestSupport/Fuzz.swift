import Foundation

/// Throws case after case at a reader until a time is up.
///
/// `MIMO_FUZZ_SECONDS` says how long each fuzz test goes on (nine seconds by default: the seven of them run for
/// a minute together), `MIMO_FUZZ_SEED` with which case it begins. A trap is told by the seed that is on
/// standard error every thousand cases and at the end; a failed expectation should name the seed that it gets.
public enum Fuzz {
    private static let environment = ProcessInfo.processInfo.environment
    /// How long a test goes on.
    public static let seconds = environment["MIMO_FUZZ_SECONDS"].flatMap(Double.init) ?? 9
    /// The first case.
    public static let firstSeed = environment["MIMO_FUZZ_SEED"].flatMap(UInt64.init) ?? 1

    /// Calls `body` with one seed after the other, and random numbers of that seed.
    public static func run(_ name: String, _ body: (UInt64, inout SplitMix) throws -> Void) rethrows {
        let end = Date().addingTimeInterval(seconds)
        var seed = firstSeed
        repeat {
            var random = SplitMix(seed: seed)
            if seconds > 10, seed % 1000 == 0 { note("fuzz \(name): at seed \(seed)") }
            try body(seed, &random)
            seed += 1
        } while Date() < end
        note("fuzz \(name): \(seed - firstSeed) cases in \(Int(seconds)) s, none of them fatal")
    }

    private static func note(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}

extension SplitMix {
    /// What parsers of JSON, templates and data sets trip over.
    private static let insertions: [[UInt8]] =
        [
            "{", "}", "[", "]", "\"", "'", ",", ":", "\\", "\\\"", "null", "true", "-", "-1", "1e9", "1e999",
            "0.1", "\\u", "\\u0000", "\\ud800", "\\ude00", "[[[[", "{{{{", "99999999999999999999", "\n",
            "\r\n",
            "\t", " ", "role", "content", "\u{0}", "\u{FEFF}", "é", "e\u{301}", "▁", "😀", "#", ":", "/",
        ].map { Array($0.utf8) } + [[0xFF], [0xC0, 0xAF], [0xF0, 0x9F], [0xED, 0xA0, 0x80]]

    /// Changes some bytes: another value or bit, gone, doubled, a piece from elsewhere, something put in, the end
    /// lost.
    public mutating func damage(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return }
        let place = below(bytes.count)
        let length = min(below(40), bytes.count - place)
        switch next() % 8 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: next())
        case 1: bytes[place] ^= 1 << UInt8(below(8))
        case 2: bytes.removeSubrange(place..<place + length)
        case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: place)
        case 4:
            let from = below(bytes.count - length + 1)
            bytes.replaceSubrange(place..<place + length, with: Array(bytes[from..<from + length]))
        case 5, 6: bytes.insert(contentsOf: one(of: Self.insertions), at: place)
        default: bytes.removeSubrange(max(0, bytes.count - below(12))...)
        }
    }
}
