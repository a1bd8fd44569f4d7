private import Foundation
internal import MimoFiles

extension JinjaValue {
    /// The value as output shows it: Python's `str`.
    var printed: String {
        switch self {
        case .undefined: ""
        case .string(let text), .markup(let text): text
        default: represented
        }
    }

    /// The value as it stands inside a printed list: Python's `repr`.
    var represented: String {
        var out = ""
        represent(into: &out)
        return out
    }

    private func represent(into out: inout String) {
        switch self {
        case .undefined: out += "Undefined"
        case .none: out += "None"
        case .bool(let value): out += value ? "True" : "False"
        case .int(let value): out += String(value)
        case .double(let value): out += PythonNumber.text(value)
        case .string(let text): out += PythonLiteral.text(of: .string(text))
        case .markup(let text): out += "Markup(" + PythonLiteral.text(of: .string(text)) + ")"
        case .list(let elements): Self.represent("[", elements, "]", into: &out)
        case .tuple(let elements): Self.represent("(", elements, elements.count == 1 ? ",)" : ")", into: &out)
        case .dictionary(let members):
            out += "{"
            for (position, (key, value)) in zip(members.keys, members.values).enumerated() {
                if position > 0 { out += ", " }
                key.represent(into: &out)
                out += ": "
                value.represent(into: &out)
            }
            out += "}"
        // Its attributes are left out: they may hold the namespace itself.
        case .namespace: out += "<Namespace>"
        case .loop(let loop): out += "<LoopContext \(loop.index + 1)/\(loop.items.count)>"
        case .callable(let callable): out += "<function \(callable.name)>"
        }
    }

    private static func represent(
        _ open: String,
        _ elements: JinjaList,
        _ close: String,
        into out: inout String
    ) {
        out += open
        for (position, element) in elements.enumerated() {
            if position > 0 { out += ", " }
            element.represent(into: &out)
        }
        out += close
    }
}

/// Numbers as Python writes them.
enum PythonNumber {
    /// Python's `repr` of a float: the shortest digits that read back the same, with an exponent below 1e-4 and
    /// from 1e16 on.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        let (digits, exponent) = shortestDigits(value.magnitude)
        let sign = value.sign == .minus ? "-" : ""
        let count = digits.utf8.count
        if exponent < -4 || exponent >= 16 {
            let fraction = count > 1 ? "." + digits.dropFirst() : ""
            let size = abs(exponent)
            return sign + digits.prefix(1) + fraction + "e" + (exponent < 0 ? "-" : "+")
                + (size < 10 ? "0" : "") + "\(size)"
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The digits of Swift's own shortest form, and the power of ten of the first of them.
    private static func shortestDigits(_ value: Double) -> (digits: String, exponent: Int) {
        let parts = "\(value)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = mantissa[0]
        let fraction = mantissa.count > 1 && mantissa[1] != "0" ? mantissa[1] : ""
        let all = whole + fraction
        let leading = all.prefix { $0 == "0" }.count
        guard leading < all.count else { return ("0", 0) }
        var digits = String(all.dropFirst(leading))
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        return (digits, whole.count - 1 - leading + exponent)
    }

    /// A number with so many digits behind the point; the common method rounds the exact binary value, halves to
    /// even.
    static func rounded(_ value: Double, to precision: Int, _ method: String) throws -> Double {
        guard value.isFinite else { return value }
        let scale = pow(10, Double(precision))
        switch method {
        case "ceil": return (value * scale).rounded(.up) / scale
        case "floor": return (value * scale).rounded(.down) / scale
        default:
            guard precision >= 0 else { return (value * scale).rounded(.toNearestOrEven) / scale }
            return Double(String(format: "%.\(precision)f", value)) ?? value
        }
    }
}
