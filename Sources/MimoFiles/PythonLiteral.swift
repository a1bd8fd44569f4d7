/// Values as Python writes them: data sets carry them where JSON was meant (`{'city': 'Oslo'}`), and the
/// ReAct tool format prints arguments so.
public enum PythonLiteral {
    /// Reads one literal that fills `text`: what Python's `ast.literal_eval` takes and JSON can hold.
    ///
    /// Tuples become arrays. Sets, bytes, complex numbers and keys that are not text are refused.
    ///
    /// - Throws: ``JSONError`` where the text is no such literal.
    public static func parse(_ text: String) throws -> JSON {
        var parser = PythonLiteralParser(text)
        return try parser.parseWhole()
    }

    /// The value as Python's `repr` shows it.
    public static func text(of value: JSON) -> String {
        switch value {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .int(let value): String(value)
        case .double(let value): "\(value)"
        case .string(let value): text(of: value)
        case .array(let elements): "[" + elements.map { text(of: $0) }.joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { "\(text(of: $0.key)): \(text(of: $0.value))" }.joined(separator: ", ") + "}"
        }
    }

    /// A text as Python's `repr` shows it: in double quotes only where it has single ones and no double ones.
    private static func text(of string: String) -> String {
        let scalars = string.unicodeScalars
        let quote: Unicode.Scalar = scalars.contains("'") && !scalars.contains("\"") ? "\"" : "'"
        var out = String.UnicodeScalarView([quote])
        for scalar in scalars {
            switch scalar {
            case "\\", quote: out += ["\\", scalar]
            case "\n": out += ["\\", "n"]
            case "\r": out += ["\\", "r"]
            case "\t": out += ["\\", "t"]
            default:
                if isPrintable(scalar) {
                    out.append(scalar)
                } else {
                    let (mark, width): (Unicode.Scalar, Int) =
                        scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x10000 ? ("u", 4) : ("U", 8)
                    let digits = String(scalar.value, radix: 16)
                    out += ["\\", mark]
                    out += (String(repeating: "0", count: width - digits.count) + digits).unicodeScalars
                }
            }
        }
        out.append(quote)
        return String(out)
    }

    /// Python's `str.isprintable`: everything but controls, unassigned characters and spaces other than U+0020.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        case .spaceSeparator: scalar == " "
        default: true
        }
    }
}
