internal import MimoFiles

/// Cuts a template into tokens, with the white-space control of transformers' environment: `trim_blocks` (the
/// first newline behind a block tag goes), `lstrip_blocks` (blanks between a line's beginning and a block tag
/// go), and one newline at the very end goes.
struct JinjaLexer {
    private let source: [Unicode.Scalar]
    private var position = 0
    private var line = 1
    private var tokens: [JinjaToken] = []
    /// Whether what is at `position` begins a line, as far as `lstrip_blocks` is concerned.
    private var isLineStart = true

    private init(_ template: String) {
        var source: [Unicode.Scalar] = []
        for scalar in template.unicodeScalars {
            if scalar == "\n", source.last == "\r" { source.removeLast() }
            source.append(scalar)
        }
        for index in source.indices where source[index] == "\r" { source[index] = "\n" }
        if source.last == "\n" { source.removeLast() }
        self.source = source
    }

    /// The tokens of a template, the last of which is ``JinjaToken/Kind/end``.
    static func tokens(of template: String) throws -> [JinjaToken] {
        var lexer = JinjaLexer(template)
        try lexer.readTemplate()
        return lexer.tokens
    }

    // MARK: Outside of tags

    private mutating func readTemplate() throws {
        while let tag = nextTag(from: position) {
            let text = position..<tag
            let opening = source[tag + 1]
            let beginning = line + newlines(in: text)
            let mark = at(tag + 2)
            let strips = mark == "-" || mark == "+" ? mark : nil
            appendText(stripped(text, by: strips, isVariable: opening == "{"))
            line = beginning
            position = tag + 2 + (strips == nil ? 0 : 1)
            switch opening {
            case "#": try readComment()
            case "{": try readTag(.variableBegin, .variableEnd, closing: "}", beginning)
            default:
                if try !readRaw() { try readTag(.blockBegin, .blockEnd, closing: "%", beginning) }
            }
        }
        appendText(position..<source.count)
        tokens.append(JinjaToken(kind: .end, line: line))
    }

    private func nextTag(from start: Int) -> Int? {
        var index = start
        while index + 1 < source.count {
            if source[index] == "{", ["{", "%", "#"].contains(source[index + 1]) { return index }
            index += 1
        }
        return nil
    }

    /// The text before a tag without what the tag strips off its end.
    private func stripped(_ text: Range<Int>, by mark: Unicode.Scalar?, isVariable: Bool) -> Range<Int> {
        var end = text.upperBound
        if mark == "-" {
            while end > text.lowerBound, source[end - 1].isPythonSpace { end -= 1 }
            return text.lowerBound..<end
        }
        guard mark == nil, !isVariable else { return text }
        while end > text.lowerBound, source[end - 1] != "\n", source[end - 1].isPythonSpace { end -= 1 }
        let reachesLineStart = end > text.lowerBound ? source[end - 1] == "\n" : isLineStart
        return reachesLineStart ? text.lowerBound..<end : text
    }

    private mutating func appendText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        tokens.append(JinjaToken(kind: .text(string(range)), line: line))
    }

    private mutating func readComment() throws {
        let beginning = line
        var end = position
        while end + 1 < source.count, !(source[end] == "#" && source[end + 1] == "}") { end += 1 }
        guard end + 1 < source.count else {
            throw JinjaError(.syntax, "a comment does not end; \"#}\" expected", line: beginning)
        }
        line += newlines(in: position..<end)
        let mark = end > position ? source[end - 1] : nil
        position = end + 2
        endTag(mark, trimsNewline: true)
    }

    /// After a closing tag: its mark says how much white space goes with it.
    private mutating func endTag(_ mark: Unicode.Scalar?, trimsNewline: Bool) {
        isLineStart = false
        if mark == "-" {
            while let scalar = at(position), scalar.isPythonSpace {
                isLineStart = scalar == "\n"
                advance()
            }
        } else if trimsNewline, mark != "+", at(position) == "\n" {
            advance()
            isLineStart = true
        }
    }

    /// Reads `{% raw %}` to `{% endraw %}`, if that is what the tag at hand is.
    private mutating func readRaw() throws -> Bool {
        guard let (opening, openingMark) = simpleTag("raw", at: position) else { return false }
        let beginning = line
        line += newlines(in: position..<opening)
        position = opening
        endTag(openingMark, trimsNewline: false)
        var index = position
        while index + 1 < source.count {
            defer { index += 1 }
            guard source[index] == "{", source[index + 1] == "%" else { continue }
            let mark = at(index + 2)
            let strips = mark == "-" || mark == "+" ? mark : nil
            guard let (end, closingMark) = simpleTag("endraw", at: index + (strips == nil ? 2 : 3)) else {
                continue
            }
            let text = position..<index
            appendText(stripped(text, by: strips, isVariable: false))
            line += newlines(in: position..<end)
            position = end
            endTag(closingMark, trimsNewline: true)
            return true
        }
        throw JinjaError(.syntax, "a raw block does not end; \"{% endraw %}\" expected", line: beginning)
    }

    /// Where a tag that holds only `name` ends, with its closing mark, if that is what stands at `start`.
    private func simpleTag(_ name: String, at start: Int) -> (end: Int, mark: Unicode.Scalar?)? {
        var index = start
        while let scalar = at(index), scalar.isPythonSpace { index += 1 }
        for scalar in name.unicodeScalars {
            guard at(index) == scalar else { return nil }
            index += 1
        }
        while let scalar = at(index), scalar.isPythonSpace { index += 1 }
        let mark = at(index) == "-" || at(index) == "+" ? at(index) : nil
        if mark != nil { index += 1 }
        guard at(index) == "%", at(index + 1) == "}" else { return nil }
        return (index + 2, mark)
    }

    // MARK: Inside of tags

    private mutating func readTag(
        _ begin: JinjaToken.Kind,
        _ end: JinjaToken.Kind,
        closing: Unicode.Scalar,
        _ beginning: Int
    ) throws {
        tokens.append(JinjaToken(kind: begin, line: beginning))
        var open: [Unicode.Scalar] = []
        while let scalar = at(position) {
            if scalar.isPythonSpace {
                advance()
                continue
            }
            if open.isEmpty, let mark = closingMark(closing) {
                tokens.append(JinjaToken(kind: end, line: line))
                position += mark == nil ? 2 : 3
                endTag(mark, trimsNewline: closing == "%")
                return
            }
            try readToken(&open)
        }
        throw JinjaError(.syntax, "a tag does not end", line: beginning)
    }

    /// The mark of the closing tag at hand (nil if it has none), or nil if there is no closing tag at hand.
    private func closingMark(_ closing: Unicode.Scalar) -> Unicode.Scalar?? {
        if at(position) == closing, at(position + 1) == "}" { return .some(nil) }
        guard let mark = at(position), mark == "-" || (mark == "+" && closing == "%"),
            at(position + 1) == closing, at(position + 2) == "}"
        else { return nil }
        return .some(mark)
    }

    private mutating func readToken(_ open: inout [Unicode.Scalar]) throws {
        let scalar = source[position]
        let beginning = line
        let kind: JinjaToken.Kind
        if scalar.properties.isXIDStart || scalar == "_" {
            let start = position
            while let next = at(position), next.properties.isXIDContinue { position += 1 }
            kind = .name(string(start..<position))
        } else if ("0"..."9").contains(scalar) {
            kind = try readNumber()
        } else if scalar == "'" || scalar == "\"" {
            kind = .string(try readString(scalar))
        } else {
            let symbol = try readOperator()
            switch symbol {
            case "(", "[", "{": open.append(symbol == "(" ? ")" : symbol == "[" ? "]" : "}")
            case ")", "]", "}":
                guard let expected = open.popLast(), String(expected) == symbol else {
                    throw JinjaError(.syntax, "\"\(symbol)\" closes nothing", line: beginning)
                }
            default: break
            }
            kind = .operator(symbol)
        }
        tokens.append(JinjaToken(kind: kind, line: beginning))
    }

    private static let operators: [String] = [
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">",
        "<",
        "=", ".", ":", "|", ",", ";",
    ]

    private mutating func readOperator() throws -> String {
        for symbol in Self.operators
        where symbol.unicodeScalars.enumerated().allSatisfy({ at(position + $0) == $1 }) {
            position += symbol.unicodeScalars.count
            return symbol
        }
        throw JinjaError(.syntax, "unexpected character \"\(source[position])\"", line: line)
    }

    private mutating func readNumber() throws -> JinjaToken.Kind {
        let start = position
        if source[start] == "0", let mark = at(start + 1)?.properties.lowercaseMapping,
            let radix = ["b": 2, "o": 8, "x": 16][mark], let digits = digits(radix: radix, from: start + 2)
        {
            position = digits.end
            return .integer(try integer(digits.text, radix: radix))
        }
        guard var whole = digits(radix: 10, from: start) else { return .integer(0) }
        var isFloat = false
        let follows = start > 0 && source[start - 1] == "."
        if !follows, at(whole.end) == ".", let fraction = digits(radix: 10, from: whole.end + 1) {
            whole = (whole.text + "." + fraction.text, fraction.end)
            isFloat = true
        }
        if !follows, at(whole.end) == "e" || at(whole.end) == "E" {
            let sign = at(whole.end + 1) == "+" || at(whole.end + 1) == "-" ? at(whole.end + 1) : nil
            if let exponent = digits(radix: 10, from: whole.end + (sign == nil ? 1 : 2)) {
                whole = (whole.text + "e" + (sign.map(String.init) ?? "") + exponent.text, exponent.end)
                isFloat = true
            }
        }
        position = whole.end
        return isFloat
            ? .float(Double(whole.text) ?? .infinity) : .integer(try integer(whole.text, radix: 10))
    }

    /// Digits, with single underscores between them left out.
    private func digits(radix: Int, from start: Int) -> (text: String, end: Int)? {
        var text = ""
        var index = start
        while let scalar = at(index) {
            if let value = Character(scalar).hexDigitValue, value < radix, scalar.isASCII {
                text.unicodeScalars.append(scalar)
            } else if scalar != "_" || text.isEmpty || source[index - 1] == "_" {
                break
            }
            index += 1
        }
        return text.isEmpty ? nil : (text, source[index - 1] == "_" ? index - 1 : index)
    }

    private func integer(_ digits: String, radix: Int) throws -> Int {
        guard let value = Int(digits, radix: radix) else {
            throw JinjaError(.syntax, "\(digits) does not fit 64 bits", line: line)
        }
        return value
    }

    // MARK: Strings

    private mutating func readString(_ quote: Unicode.Scalar) throws -> String {
        let beginning = line
        var text = String.UnicodeScalarView()
        advance()
        while let scalar = at(position) {
            advance()
            if scalar == quote { return String(text) }
            if scalar == "\\" { try readEscape(into: &text) } else { text.append(scalar) }
        }
        throw JinjaError(.syntax, "a string does not end", line: beginning)
    }

    /// Python's escapes; an unknown one stays as it is written.
    private mutating func readEscape(into text: inout String.UnicodeScalarView) throws {
        guard let kind = at(position) else { return }
        advance()
        switch kind {
        case "\n": break
        case "\\", "'", "\"": text.append(kind)
        case "a": text.append("\u{07}")
        case "b": text.append("\u{08}")
        case "f": text.append("\u{0C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{0B}")
        case "x": text.append(try readCode(digits: 2))
        case "u": text.append(try readCode(digits: 4))
        case "U": text.append(try readCode(digits: 8))
        case "0"..."7":
            var code = kind.value - 0x30
            for _ in 0..<2 {
                guard let next = at(position), ("0"..."7").contains(next) else { break }
                code = code * 8 + next.value - 0x30
                position += 1
            }
            text.append(Unicode.Scalar(code) ?? "\u{FFFD}")
        default: text.append(contentsOf: ["\\", kind])
        }
    }

    private mutating func readCode(digits: Int) throws -> Unicode.Scalar {
        let end = min(position + digits, source.count)
        guard let code = UInt32(string(position..<end), radix: 16), end - position == digits,
            let scalar = Unicode.Scalar(code)
        else { throw JinjaError(.syntax, "an escape names no character", line: line) }
        position = end
        return scalar
    }

    // MARK: Source

    private func at(_ index: Int) -> Unicode.Scalar? { index < source.count ? source[index] : nil }

    private mutating func advance() {
        if source[position] == "\n" { line += 1 }
        position += 1
    }

    private func newlines(in range: Range<Int>) -> Int { source[range].count { $0 == "\n" } }

    private func string(_ range: Range<Int>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[range])
        return String(text)
    }
}
