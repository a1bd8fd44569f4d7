/// Numbers as people read them.
public enum Figure {
    /// A number with so many decimals.
    public static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let digits = String(scaled % scale)
        let fraction = String(repeating: "0", count: decimals - digits.count) + digits
        return "\(sign)\(scaled / scale).\(fraction)"
    }

    /// A number with three digits and its power of ten: 9.81e-05.
    public static func scientific(_ value: Double) -> String {
        guard value != 0, value.isFinite else { return "0" }
        var exponent = 0
        var mantissa = abs(value)
        while mantissa >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        while mantissa < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
        if fixed(mantissa, 2) == "10.00" { (mantissa, exponent) = (1, exponent + 1) }
        return "\(value < 0 ? "-" : "")\(fixed(mantissa, 2))e\(exponent)"
    }

    /// A number with about three digits.
    public static func short(_ value: Double) -> String {
        switch abs(value) {
        case 0: "0"
        case ..<1e-3, 1e7...: scientific(value)
        case ..<10: fixed(value, value == value.rounded() ? 0 : 4)
        case ..<100: fixed(value, value == value.rounded() ? 0 : 2)
        default: fixed(value, 0)
        }
    }

    /// Bytes in the unit that suits them.
    public static func bytes(_ count: Int) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(count)
        var unit = 0
        while value >= 1024, unit < units.count - 1 { (value, unit) = (value / 1024, unit + 1) }
        return "\(fixed(value, unit == 0 || value >= 100 ? 0 : 1)) \(units[unit])"
    }
}
