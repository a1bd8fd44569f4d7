extension JSON {
    /// The value as JSON text.
    ///
    /// Doubles are written in the shortest form that reads back to the same bits, members in their order,
    /// text unescaped but for what JSON requires. Numbers that JSON cannot hold (NaN, infinity) become null.
    ///
    /// - Parameter indent: spaces per level, one member a line; nil writes everything on one line.
    /// - Returns: The text, without a line break at its end.
    public func text(indent: Int? = nil) -> String {
        var out = ""
        write(to: &out, indent: indent, level: 0)
        return out
    }

    private func write(to out: inout String, indent: Int?, level: Int) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .int(let value): out += String(value)
        case .double(let value): out += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &out)
        case .array(let elements):
            Self.write("[", elements, "]", to: &out, indent: indent, level: level) { element, out in
                element.write(to: &out, indent: indent, level: level + 1)
            }
        case .object(let members):
            Self.write("{", Array(members), "}", to: &out, indent: indent, level: level) { member, out in
                Self.write(member.key, to: &out)
                out += ": "
                member.value.write(to: &out, indent: indent, level: level + 1)
            }
        }
    }

    private static func write<Item>(
        _ open: String,
        _ items: [Item],
        _ close: String,
        to out: inout String,
        indent: Int?,
        level: Int,
        writeItem: (Item, inout String) -> Void
    ) {
        out += open
        for (position, item) in items.enumerated() {
            if position > 0 { out += indent == nil ? ", " : "," }
            if let indent { out += "\n" + String(repeating: " ", count: indent * (level + 1)) }
            writeItem(item, &out)
        }
        if let indent, !items.isEmpty { out += "\n" + String(repeating: " ", count: indent * level) }
        out += close
    }

    /// Appends a text in quotes, with the escapes that JSON requires.
    ///
    /// - Parameters:
    ///   - string: the text.
    ///   - escapesNonASCII: whether all but printable ASCII is escaped, as Python's `ensure_ascii` does.
    ///   - out: what it is appended to.
    package static func write(_ string: String, escapesNonASCII: Bool = false, to out: inout String) {
        out += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            case "\u{8}": out += "\\b"
            case "\u{c}": out += "\\f"
            default:
                guard scalar.value < 0x20 || (escapesNonASCII && scalar.value > 0x7E) else {
                    out.unicodeScalars.append(scalar)
                    continue
                }
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    out += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            }
        }
        out += "\""
    }
}
