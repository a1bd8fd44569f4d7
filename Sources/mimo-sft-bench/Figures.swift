import MimoTrain

/// Numbers as a report prints them.
enum Figures {
    /// With so many decimals.
    static func fixed(_ value: Double, _ decimals: Int = 1) -> String { Figure.fixed(value, decimals) }

    /// In units of 2^30 bytes.
    static func gibibytes(_ bytes: Int) -> String { "\(fixed(Double(bytes) / 1_073_741_824, 2)) GiB" }

    /// In units of 10^9 per second.
    static func gigaflops(_ perSecond: Double) -> String { "\(fixed(perSecond / 1e9)) GFLOP/s" }

    /// A share of a whole, in per cent.
    static func share(_ part: Double, of whole: Double) -> String {
        "\(fixed(whole > 0 ? 100 * part / whole : 0)) %"
    }

    /// At least so wide, filled on the left.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// At least so wide, filled on the right.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

extension Duration {
    /// In seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
