import ArgumentParser
import MimoFiles

/// A size of memory or disk as people write it: `12GiB`, `12G`, `500M`, or a number of bytes. Units are powers
/// of 1024.
struct ByteCount: OptionValue, ExpressibleByArgument, Sendable {
    /// Bytes.
    let bytes: Int
    private let text: String

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = argument.dropFirst(digits.count).lowercased()
        let powers = ["": 0, "b": 0, "k": 10, "m": 20, "g": 30, "t": 40]
        let name =
            unit.hasSuffix("ib")
            ? String(unit.dropLast(2))
            : unit.count == 2 && unit.hasSuffix("b") ? String(unit.dropLast()) : unit
        guard let number = Double(digits), let power = powers[name] else { return nil }
        let bytes = number * Double(1 << power)
        guard bytes >= 1, bytes < 9e18 else { return nil }
        self.bytes = Int(bytes)
        text = argument
    }

    var json: JSON { .string(text) }
}
