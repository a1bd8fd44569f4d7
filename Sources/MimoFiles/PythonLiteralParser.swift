/// A recursive descent over the scalars of a Python literal.
struct PythonLiteralParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    mutating func parseWhole() throws -> JSON {
        skipSpace()
        let value = try parseValue()
        skipSpace()
        guard position == scalars.count else { throw error("something follows the value") }
        return value
    }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func error(_ reason: String) -> JSONError {
        let offset = scalars[..<position].reduce(0) { $0 + UTF8.width($1) }
        return JSONError(offset: offset, reason: "not a Python literal: \(reason)")
    }

    private mutating func skipSpace() {
        while let scalar = current, scalar == " " || ("\t"..."\r").contains(scalar) { position += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        position += 1
        return true
    }

    private mutating func parseValue() throws -> JSON {
        depth += 1
        defer { depth -= 1 }
        guard depth < 200 else { throw error("it nests too deep") }
        switch current {
        case "{": return try parseDictionary()
        case "[": return try parseSequence(closedBy: "]")
        case "(": return try parseSequence(closedBy: ")")
        case "'", "\"": return .string(try parseStrings())
        case let scalar?
        where scalar == "-" || scalar == "+" || scalar == "." || ("0"..."9").contains(scalar):
            return try parseNumber()
        case let scalar? where scalar.properties.isAlphabetic: return try parseWord()
        default: throw error(current == nil ? "the text ends early" : "unexpected character")
        }
    }

    private mutating func parseWord() throws -> JSON {
        let start = position
        while let scalar = current, scalar.properties.isAlphabetic { position += 1 }
        let word = String(String.UnicodeScalarView(scalars[start..<position]))
        switch word {
        case "None": return .null
        case "True": return true
        case "False": return false
        case "u", "U", "r", "R":
            if current == "'" || current == "\"" {
                position = start
                return .string(try parseStrings())
            }
            fallthrough
        default:
            position = start
            throw error("the name \(word)")
        }
    }

    private mutating func parseDictionary() throws -> JSON {
        position += 1
        var members = JSONObject()
        skipSpace()
        while !take("}") {
            guard case .string(let key) = try parseValue() else { throw error("a key that is not text") }
            skipSpace()
            guard take(":") else { throw error("':' is missing behind a key") }
            skipSpace()
            members[key] = try parseValue()
            skipSpace()
            if take(",") { skipSpace() } else if current != "}" { throw error("',' or '}' is missing") }
        }
        return .object(members)
    }

    private mutating func parseSequence(closedBy end: Unicode.Scalar) throws -> JSON {
        position += 1
        var elements: [JSON] = []
        var hasComma = false
        skipSpace()
        while !take(end) {
            elements.append(try parseValue())
            skipSpace()
            if take(",") {
                hasComma = true
                skipSpace()
            } else if current != end {
                throw error("',' or '\(end)' is missing")
            }
        }
        // (value) is the value itself, (value,) a tuple.
        if end == ")", elements.count == 1, !hasComma { return elements[0] }
        return .array(elements)
    }

    private mutating func parseNumber() throws -> JSON {
        let start = position
        while let scalar = current, scalar == "+" || scalar == "-" || scalar == " " { position += 1 }
        let isNegative = scalars[start..<position].count { $0 == "-" } % 2 == 1
        let digitsStart = position
        while let scalar = current,
            scalar == "." || scalar == "_" || ("0"..."9").contains(scalar) || scalar.properties.isAlphabetic
                || ((scalar == "+" || scalar == "-") && position > digitsStart
                    && "eE".unicodeScalars.contains(scalars[position - 1]))
        {
            position += 1
        }
        let digits = String(String.UnicodeScalarView(scalars[digitsStart..<position].filter { $0 != "_" }))
            .lowercased()
        let sign = isNegative ? "-" : ""
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
            guard let value = Int64(sign + digits.dropFirst(2), radix: radix) else {
                throw error("the number \(digits)")
            }
            return .int(value)
        }
        let isOrdinary = digits.unicodeScalars.allSatisfy {
            ("0"..."9").contains($0) || "e.+-".unicodeScalars.contains($0)
        }
        if isOrdinary, let value = Int64(sign + digits) { return .int(value) }
        // Python writes 1. and .5, Swift wants digits on both sides.
        var padded = digits.hasPrefix(".") ? "0" + digits : digits
        if padded.hasSuffix(".") { padded += "0" }
        padded = padded.replacing(".e", with: ".0e")
        guard isOrdinary, let value = Double(sign + padded) else { throw error("the number \(digits)") }
        return .double(value)
    }

    /// Neighbouring strings are one string.
    private mutating func parseStrings() throws -> String {
        var text = String.UnicodeScalarView()
        while true {
            let start = position
            skipSpace()
            var isRaw = false
            if let scalar = current, "uUrR".unicodeScalars.contains(scalar) {
                isRaw = scalar == "r" || scalar == "R"
                position += 1
            }
            guard let quote = current, quote == "'" || quote == "\"" else {
                position = start
                return String(text)
            }
            try parseString(quote: quote, isRaw: isRaw, into: &text)
        }
    }

    private mutating func parseString(
        quote: Unicode.Scalar,
        isRaw: Bool,
        into text: inout String.UnicodeScalarView
    ) throws {
        let isTriple = scalars[position...].starts(with: [quote, quote, quote])
        position += isTriple ? 3 : 1
        while let scalar = current {
            if isTriple ? scalars[position...].starts(with: [quote, quote, quote]) : scalar == quote {
                position += isTriple ? 3 : 1
                return
            }
            position += 1
            if scalar == "\n", !isTriple { break }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            guard let escaped = current else { break }
            position += 1
            if isRaw {
                text += [scalar, escaped]
            } else {
                try appendEscape(escaped, to: &text)
            }
        }
        throw error("a text that does not end")
    }

    private mutating func appendEscape(_ mark: Unicode.Scalar, to text: inout String.UnicodeScalarView) throws
    {
        switch mark {
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "a": text.append("\u{7}")
        case "b": text.append("\u{8}")
        case "f": text.append("\u{c}")
        case "v": text.append("\u{b}")
        case "\\", "'", "\"": text.append(mark)
        case "\n": break
        case "x": text.append(try parseCode(radix: 16, digits: 2, exactly: true))
        case "u":
            let high = try parseNumber(radix: 16, digits: 4, exactly: true)
            // JSON-minded writers cut characters beyond U+FFFF in two.
            if (0xd800...0xdbff).contains(high), scalars[position...].starts(with: ["\\", "u"]) {
                position += 2
                let low = try parseNumber(radix: 16, digits: 4, exactly: true)
                guard (0xdc00...0xdfff).contains(low) else { throw error("a lone surrogate") }
                text.append(try scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)))
            } else {
                text.append(try scalar(high))
            }
        case "U": text.append(try parseCode(radix: 16, digits: 8, exactly: true))
        case "0"..."7":
            position -= 1
            text.append(try parseCode(radix: 8, digits: 3, exactly: false))
        default: text += ["\\", mark]
        }
    }

    private mutating func parseCode(radix: Int, digits: Int, exactly: Bool) throws -> Unicode.Scalar {
        try scalar(parseNumber(radix: radix, digits: digits, exactly: exactly))
    }

    private mutating func parseNumber(radix: Int, digits: Int, exactly: Bool) throws -> UInt32 {
        var count = 0
        var value: UInt32 = 0
        while count < digits, let digit = current.flatMap({ Character($0).hexDigitValue }), digit < radix {
            value = value &* UInt32(radix) &+ UInt32(digit)
            count += 1
            position += 1
        }
        guard count == digits || (count > 0 && !exactly) else { throw error("an unfinished escape") }
        return value
    }

    private func scalar(_ value: UInt32) throws -> Unicode.Scalar {
        guard let scalar = Unicode.Scalar(value) else { throw error("a lone surrogate") }
        return scalar
    }
}
