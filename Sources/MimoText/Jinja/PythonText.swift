internal import MimoFiles

/// What Python's `str` does, scalar by scalar.
enum PythonText {
    /// Which ends of a text an operation is about.
    enum Side {
        case left, right, both
    }

    /// `strip`, `lstrip`, `rstrip`: without white space, or without any of `characters`, at its ends.
    static func strip(_ text: String, _ characters: String?, _ side: Side) -> String {
        let goes: (Unicode.Scalar) -> Bool
        if let characters {
            let set = Set(characters.unicodeScalars)
            goes = { set.contains($0) }
        } else {
            goes = { $0.isPythonSpace }
        }
        var rest = text.unicodeScalars[...]
        if side != .right { rest = rest.drop(while: goes) }
        if side != .left {
            while let last = rest.last, goes(last) { rest.removeLast() }
        }
        return String(rest)
    }

    /// `split` and `rsplit`.
    ///
    /// - Parameters:
    ///   - text: what is split.
    ///   - separator: what is between the parts; nil takes runs of white space, and gives no empty parts.
    ///   - most: how many splits at most; negative for all.
    ///   - fromRight: whether the splits are counted from the end.
    /// - Returns: the parts, in order.
    /// - Throws: ``JinjaError`` of kind `value` where the separator is empty.
    static func split(_ text: String, _ separator: String?, _ most: Int, fromRight: Bool) throws -> [String] {
        guard let separator else {
            guard text.utf8.count <= JinjaValue.mostElements * 2 else { throw JinjaValue.tooManyElements }
            return splitSpace(text, most, fromRight: fromRight)
        }
        guard !separator.isEmpty else { throw JinjaError(.value, "empty separator") }
        let width = separator.utf8.count
        var cuts = occurrences(of: separator, in: text)
        if fromRight { cuts = nonOverlappingFromRight(of: separator, in: text) }
        if most >= 0 { cuts = Array(fromRight ? cuts.suffix(most) : cuts.prefix(most)) }
        guard cuts.count < JinjaValue.mostElements else { throw JinjaValue.tooManyElements }
        var parts: [String] = []
        var start = 0
        for cut in cuts {
            parts.append(text.utf8Slice(start..<cut))
            start = cut + width
        }
        parts.append(text.utf8Slice(start..<text.utf8.count))
        return parts
    }

    /// Where a text occurs, from left to right without overlaps, as UTF-8 offsets.
    static func occurrences(of part: String, in text: String) -> [Int] {
        let needle = Array(part.utf8)
        guard let first = needle.first else { return [] }
        var found: [Int] = []
        var text = text
        text.withUTF8 { bytes in
            var position = 0
            while position + needle.count <= bytes.count {
                if bytes[position] == first,
                    bytes[position..<position + needle.count].elementsEqual(needle)
                {
                    found.append(position)
                    position += needle.count
                } else {
                    position += 1
                }
            }
        }
        return found
    }

    private static func nonOverlappingFromRight(of part: String, in text: String) -> [Int] {
        let needle = Array(part.utf8)
        let bytes = Array(text.utf8)
        var found: [Int] = []
        var end = bytes.count
        while end >= needle.count {
            if bytes[end - needle.count..<end].elementsEqual(needle) {
                end -= needle.count
                found.append(end)
            } else {
                end -= 1
            }
        }
        return found.reversed()
    }

    private static func splitSpace(_ text: String, _ most: Int, fromRight: Bool) -> [String] {
        var parts: [String] = []
        var rest = text.unicodeScalars[...]
        if fromRight {
            while true {
                while let last = rest.last, last.isPythonSpace { rest.removeLast() }
                if rest.isEmpty { return parts.reversed() }
                if most >= 0, parts.count == most { return [String(rest)] + parts.reversed() }
                let start =
                    rest.lastIndex { $0.isPythonSpace }.map { rest.index(after: $0) } ?? rest.startIndex
                parts.append(String(rest[start...]))
                rest = rest[..<start]
            }
        }
        while true {
            rest = rest.drop { $0.isPythonSpace }
            if rest.isEmpty { return parts }
            if most >= 0, parts.count == most { return parts + [String(rest)] }
            let end = rest.firstIndex { $0.isPythonSpace } ?? rest.endIndex
            parts.append(String(rest[..<end]))
            rest = rest[end...]
        }
    }

    /// `splitlines`: at every line boundary that Python knows.
    static func lines(_ text: String, keepingEnds: Bool = false) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var isOpen = false
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if afterReturn {
                afterReturn = false
                if scalar == "\n" {
                    if keepingEnds, var last = lines.popLast() {
                        last.unicodeScalars.append(scalar)
                        lines.append(last)
                    }
                    continue
                }
            }
            switch scalar.value {
            case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
                if keepingEnds { line.append(scalar) }
                lines.append(String(line))
                line = String.UnicodeScalarView()
                isOpen = false
                afterReturn = scalar == "\r"
            default:
                line.append(scalar)
                isOpen = true
            }
        }
        return isOpen ? lines + [String(line)] : lines
    }

    /// `replace`, with at most `most` replacements, or all where that is negative.
    ///
    /// - Throws: ``JinjaError`` of kind `limit` where more than `limit` bytes would come out.
    static func replace(
        _ text: String,
        _ old: String,
        _ new: String,
        _ most: Int,
        limit: Int
    ) throws -> String {
        func check(_ count: Int) throws {
            let (added, overflowed) = count.multipliedReportingOverflow(by: new.utf8.count)
            guard !overflowed, added <= limit - min(text.utf8.count, limit) else {
                throw JinjaError(.limit, "a text of more than \(limit) bytes")
            }
        }
        if old.isEmpty {
            var out = ""
            var left = most < 0 ? Int.max : most
            try check(min(left, text.unicodeScalars.count + 1))
            for scalar in text.unicodeScalars {
                if left > 0 {
                    out += new
                    left -= 1
                }
                out.unicodeScalars.append(scalar)
            }
            return left > 0 ? out + new : out
        }
        var cuts = occurrences(of: old, in: text)[...]
        if most >= 0 { cuts = cuts.prefix(most) }
        guard !cuts.isEmpty else { return text }
        try check(cuts.count)
        var out = ""
        var start = 0
        for cut in cuts {
            out += text.utf8Slice(start..<cut) + new
            start = cut + old.utf8.count
        }
        return out + text.utf8Slice(start..<text.utf8.count)
    }

    // MARK: Case

    /// `title`: a capital at the beginning of each run of cased characters.
    static func title(_ text: String) -> String {
        var out = ""
        var isInWord = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            out += isInWord ? properties.lowercaseMapping : properties.titlecaseMapping
            isInWord = properties.isCased
        }
        return out
    }

    /// `capitalize`: a capital first, small letters behind it.
    static func capitalize(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return "" }
        return first.properties.titlecaseMapping + lower(String(text.unicodeScalars.dropFirst()))
    }

    /// `swapcase`
    static func swapCase(_ text: String) -> String {
        text.unicodeScalars.map {
            $0.properties.isUppercase ? $0.properties.lowercaseMapping : $0.properties.uppercaseMapping
        }.joined()
    }

    /// `upper`
    static func upper(_ text: String) -> String {
        text.unicodeScalars.map(\.properties.uppercaseMapping).joined()
    }

    /// `lower`; a sigma at the end of a word becomes the final one.
    static func lower(_ text: String) -> String {
        let scalars = Array(text.unicodeScalars)
        var out = ""
        for (position, scalar) in scalars.enumerated() {
            if scalar == "\u{3A3}" {
                let before = scalars[..<position].last { !$0.properties.isCaseIgnorable }
                let behind = scalars[(position + 1)...].first { !$0.properties.isCaseIgnorable }
                let isFinal = before?.properties.isCased == true && behind?.properties.isCased != true
                out += isFinal ? "\u{3C2}" : "\u{3C3}"
            } else {
                out += scalar.properties.lowercaseMapping
            }
        }
        return out
    }

    // MARK: Measures

    /// `center`, `ljust`, `rjust`: filled up to a width.
    static func pad(_ text: String, to width: Int, with fill: String, _ side: Side) -> String {
        let missing = width - text.unicodeScalars.count
        guard missing > 0 else { return text }
        func filling(_ count: Int) -> String { String(repeating: fill, count: count) }
        switch side {
        case .left: return filling(missing) + text
        case .right: return text + filling(missing)
        case .both:
            // As CPython rounds it.
            let left = missing / 2 + (missing & width & 1)
            return filling(left) + text + filling(missing - left)
        }
    }

    /// The scalars between two indices as Python's slices take them.
    static func slice(_ text: String, _ indices: [Int]) -> String {
        let scalars = Array(text.unicodeScalars)
        var out = String.UnicodeScalarView()
        for index in indices { out.append(scalars[index]) }
        return String(out)
    }
}

/// Text that goes into HTML.
enum HTML {
    /// The value's text, escaped unless it is marked as escaped.
    static func escaped(_ value: JinjaValue) -> String {
        if case .markup(let text) = value { return text }
        var out = String.UnicodeScalarView()
        for scalar in value.printed.unicodeScalars {
            switch scalar {
            case "&": out += "&amp;".unicodeScalars
            case "<": out += "&lt;".unicodeScalars
            case ">": out += "&gt;".unicodeScalars
            case "'": out += "&#39;".unicodeScalars
            case "\"": out += "&#34;".unicodeScalars
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
