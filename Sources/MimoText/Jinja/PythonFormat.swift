private import Foundation
internal import MimoFiles

/// Python's two ways of formatting: `"%s of %d" % (a, b)` and `"{} of {n:>4}".format(a, n=b)`.
enum PythonFormat {
    /// The `%` operator.
    ///
    /// - Throws: ``JinjaError`` where the values do not fit the format, or more than `limit` bytes come out.
    static func percent(_ format: String, _ values: JinjaValue, limit: Int) throws -> String {
        var out = ""
        // Python lets what could be asked for by key go unused; only tuples and single values may not.
        let takesAny =
            switch values {
            case .list, .dictionary, .undefined: true
            default: false
            }
        var values: [JinjaValue] = if case .tuple(let several) = values { several.elements } else { [values] }
        let named: JinjaDictionary? =
            if case .dictionary(let members)? = values.first { members } else { nil }
        values.reverse()
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                out.unicodeScalars.append(scalar)
                continue
            }
            var name: String?
            if rest.first == "(" {
                guard let end = rest.firstIndex(of: ")") else { throw incomplete }
                name = String(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            }
            var spec = Spec()
            while let flag = rest.first, "-+ 0#".unicodeScalars.contains(flag) {
                rest.removeFirst()
                switch flag {
                case "-": spec.align = "<"
                case "0": spec.fillsZeros = true
                case "+", " ": spec.sign = flag
                default: break
                }
            }
            spec.width = try number(&rest, limit)
            if rest.first == "." {
                rest.removeFirst()
                spec.precision = try number(&rest, limit) ?? 0
            }
            guard let kind = rest.popFirst() else { throw incomplete }
            if kind == "%" {
                out += "%"
                continue
            }
            let value: JinjaValue?
            if let name {
                value = named?[.string(name)]
            } else {
                value = values.popLast()
            }
            guard let value else { throw JinjaError(.type, "not enough arguments for format string") }
            if spec.align == nil { spec.align = ">" }
            out += try percentField(value, kind, spec)
            guard out.utf8.count <= limit else { throw tooLong(limit) }
        }
        guard values.isEmpty || takesAny else {
            throw JinjaError(.type, "not all arguments converted during string formatting")
        }
        return out
    }

    private static func percentField(_ value: JinjaValue, _ kind: Unicode.Scalar, _ spec: Spec) throws
        -> String
    {
        var spec = spec
        switch kind {
        case "s", "r", "a":
            let text = kind == "s" ? value.printed : value.represented
            spec.fillsZeros = false
            return spec.padded(
                spec.precision.map { PythonText.slice(text, Array(0..<min($0, text.unicodeScalars.count))) }
                    ?? text
            )
        case "d", "i", "u":
            guard let number = value.number else { throw needsNumber(kind, value) }
            spec.kind = "d"
            guard let whole = value.integer ?? Int(exactly: number.rounded(.towardZero)) else {
                throw needsNumber(kind, value)
            }
            return try spec.formatted(.int(whole))
        case "f", "F", "e", "E", "g", "G", "x", "X", "o":
            guard value.number != nil else { throw needsNumber(kind, value) }
            spec.kind = kind
            return try spec.formatted(value)
        case "c":
            let character = value.integer.flatMap { UInt32(exactly: $0) }.flatMap { Unicode.Scalar($0) }
            guard let text = character.map({ String($0) }) ?? value.text, text.unicodeScalars.count == 1
            else {
                throw JinjaError(.type, "%c requires an int or a single character")
            }
            return spec.padded(text)
        default: throw JinjaError(.value, "unsupported format character '\(kind)'")
        }
    }

    private static func needsNumber(_ kind: Unicode.Scalar, _ value: JinjaValue) -> JinjaError {
        JinjaError(.type, "%\(kind) format: a number is required, not \(value.typeName)")
    }

    private static let incomplete = JinjaError(.value, "incomplete format")

    private static func tooLong(_ limit: Int) -> JinjaError {
        JinjaError(.limit, "a text of more than \(limit) bytes")
    }

    private static func number(_ rest: inout Substring.UnicodeScalarView, _ limit: Int) throws -> Int? {
        var digits = ""
        while let digit = rest.first, ("0"..."9").contains(digit) {
            digits.unicodeScalars.append(digit)
            rest.removeFirst()
        }
        guard !digits.isEmpty else { return nil }
        guard let value = Int(digits), value <= limit else { throw tooLong(limit) }
        return value
    }

    // MARK: Braces

    /// `str.format`.
    ///
    /// - Throws: ``JinjaError`` where the arguments do not fit the format, or more than `limit` bytes come out.
    static func braces(_ format: String, _ arguments: JinjaCallArguments, limit: Int) throws -> String {
        var out = ""
        var automatic = 0
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if scalar == "}" {
                guard rest.popFirst() == "}" else { throw JinjaError(.value, "single '}' in format string") }
                out += "}"
            } else if scalar != "{" {
                out.unicodeScalars.append(scalar)
            } else if rest.first == "{" {
                rest.removeFirst()
                out += "{"
            } else {
                guard let end = rest.firstIndex(of: "}") else {
                    throw JinjaError(.value, "expected '}' before end of string")
                }
                out += try field(String(rest[..<end]), arguments, &automatic, limit)
                rest = rest[rest.index(after: end)...]
            }
            guard out.utf8.count <= limit else { throw tooLong(limit) }
        }
        return out
    }

    private static func field(
        _ field: String,
        _ arguments: JinjaCallArguments,
        _ automatic: inout Int,
        _ limit: Int
    ) throws -> String {
        let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let target = parts[0].split(separator: "!", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(target[0])
        let value: JinjaValue?
        if name.isEmpty {
            value = automatic < arguments.positional.count ? arguments.positional[automatic] : nil
            automatic += 1
        } else if let index = Int(name) {
            value = arguments.positional.indices.contains(index) ? arguments.positional[index] : nil
        } else {
            value = arguments.named.first { $0.name.isSame(as: name) }?.value
        }
        guard let value else { throw JinjaError(.value, "format: no argument for {\(field)}") }
        let spec = try Spec(parts.count > 1 ? String(parts[1]) : "", limit: limit)
        if let kind = spec.kind, value.number == nil, kind != "s" {
            throw JinjaError(.value, "unknown format code '\(kind)' for \(value.typeName)")
        }
        if target.count > 1 { return spec.padded(target[1] == "r" ? value.represented : value.printed) }
        guard value.number != nil, !(spec.kind == nil && spec.isPlain) else {
            let text = value.printed
            return spec.padded(
                spec.precision.map { PythonText.slice(text, Array(0..<min($0, text.unicodeScalars.count))) }
                    ?? text
            )
        }
        return try spec.formatted(value)
    }

    /// How a value is laid out: `[[fill]align][sign][0][width][,][.precision][kind]`.
    struct Spec {
        var fill: Unicode.Scalar = " "
        var align: Unicode.Scalar?
        var sign: Unicode.Scalar?
        var fillsZeros = false
        var width: Int?
        /// What stands between groups of three digits.
        var groups: Unicode.Scalar?
        var precision: Int?
        var kind: Unicode.Scalar?

        init() {}

        /// Nothing that would change how a number is written.
        var isPlain: Bool {
            sign == nil && groups == nil && precision == nil && !fillsZeros && align == nil && width == nil
        }

        init(_ text: String, limit: Int) throws {
            var rest = text.unicodeScalars[...]
            let aligns: Set<Unicode.Scalar> = ["<", ">", "^", "="]
            if let second = rest.dropFirst().first, aligns.contains(second), let first = rest.first {
                fill = first
                align = second
                rest = rest.dropFirst(2)
            } else if let first = rest.first, aligns.contains(first) {
                align = first
                rest.removeFirst()
            }
            if let first = rest.first, first == "+" || first == "-" || first == " " {
                sign = first
                rest.removeFirst()
            }
            if rest.first == "0" {
                fillsZeros = true
                rest.removeFirst()
            }
            width = try PythonFormat.number(&rest, limit)
            if rest.first == "," || rest.first == "_" { groups = rest.popFirst() }
            if rest.first == "." {
                rest.removeFirst()
                precision = try PythonFormat.number(&rest, limit)
            }
            kind = rest.popFirst()
            guard rest.isEmpty else { throw JinjaError(.value, "invalid format specifier '\(text)'") }
        }

        /// A number as this says.
        func formatted(_ value: JinjaValue) throws -> String {
            let number = value.number ?? 0
            var digits: String
            switch kind {
            case "d" where value.integer != nil, nil where value.integer != nil:
                digits = String(value.integer?.magnitude ?? 0)
            case "x", "X", "o", "b":
                guard let whole = value.integer else {
                    throw JinjaError(.value, "unknown format code for a float")
                }
                digits = String(
                    whole.magnitude,
                    radix: kind == "o" ? 8 : kind == "b" ? 2 : 16,
                    uppercase: kind == "X"
                )
            case "f", "F": digits = fixed(number.magnitude)
            case "%": digits = fixed(number.magnitude * 100) + "%"
            case "e", "E", "g", "G":
                let code = String(kind.map(Character.init) ?? "g")
                digits = String(format: "%.\(min(precision ?? 6, 400))\(code)", number.magnitude)
            case nil:
                digits =
                    precision.map { String(format: "%.\(min($0, 400))g", number.magnitude) }
                    ?? PythonNumber.text(number.magnitude)
            default: throw JinjaError(.value, "unknown format code for a number")
            }
            if let groups { digits = grouped(digits, groups) }
            let isNegative = value.integer.map { $0 < 0 } ?? (number.sign == .minus)
            let signText = isNegative ? "-" : sign == "+" ? "+" : sign == " " ? " " : ""
            if fillsZeros, align == nil || align == ">" || align == "=" {
                return signText + PythonText.pad(digits, to: (width ?? 0) - signText.count, with: "0", .left)
            }
            var spec = self
            if spec.align == nil { spec.align = ">" }
            return spec.padded(signText + digits)
        }

        private func fixed(_ value: Double) -> String {
            guard value.isFinite else { return PythonNumber.text(value) }
            return String(format: "%.\(min(precision ?? 6, 400))f", value)
        }

        private func grouped(_ digits: String, _ separator: Unicode.Scalar) -> String {
            let parts = digits.split(separator: ".", maxSplits: 1)
            var out = ""
            for (position, digit) in parts[0].enumerated() {
                if position > 0, (parts[0].count - position).isMultiple(of: 3) {
                    out.unicodeScalars.append(separator)
                }
                out.append(digit)
            }
            return parts.count > 1 ? out + "." + parts[1] : out
        }

        /// A text, filled up to the width.
        func padded(_ text: String) -> String {
            let side: PythonText.Side = align == ">" || align == "=" ? .left : align == "^" ? .both : .right
            guard let width else { return text }
            if side == .both {
                let missing = max(width - text.unicodeScalars.count, 0)
                return String(repeating: String(fill), count: missing / 2) + text
                    + String(repeating: String(fill), count: missing - missing / 2)
            }
            return PythonText.pad(text, to: width, with: String(fill), side)
        }
    }
}
