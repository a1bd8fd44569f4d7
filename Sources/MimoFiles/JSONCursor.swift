/// Reads JSON from front to back: whole values, or part by part straight into tables.
///
/// MiMo's 11 MB tokenizer.json is 450,000 strings that nobody wants as such, so that its reader takes them in
/// place. For that the caller names what it expects (`enterObject`, `readInteger`, …); anything else is a
/// ``JSONError``. What is small is better taken whole by ``readValue()``. A copy of a cursor stays where it was, so
/// that a part can be passed over now and read later.
public struct JSONCursor: Sendable {
    let bytes: [UInt8]
    /// The byte that is read next.
    public internal(set) var offset = 0
    /// What was let pass so far, though RFC 8259 does not.
    public internal(set) var lapses: JSONLapses = []
    /// What is let pass; the rest is an error.
    let allowed: JSONLapses
    /// Whether a value stands before `offset` in the same container, so that a comma must follow.
    var followsValue = false

    private static let deepest = 512

    /// A cursor at the beginning of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - lapses: what is let pass although RFC 8259 does not.
    public init(_ bytes: [UInt8], allowing lapses: JSONLapses = []) {
        self.bytes = bytes
        allowed = lapses
    }

    // MARK: Containers

    /// Reads the `{` of an object.
    public mutating func enterObject() throws(JSONError) { try enter(UInt8(ascii: "{"), "an object") }

    /// Reads the `[` of an array.
    public mutating func enterArray() throws(JSONError) { try enter(UInt8(ascii: "["), "an array") }

    /// Goes on to the next member of the object and reads its name, or reads the `}` of the object.
    ///
    /// - Parameter key: the member's name in UTF-8, overwritten.
    /// - Returns: whether there is a member, whose value is then to be read.
    /// - Throws: ``JSONError`` where neither stands there.
    public mutating func nextMember(_ key: inout [UInt8]) throws(JSONError) -> Bool {
        guard try advance(before: UInt8(ascii: "}")) else { return false }
        key.removeAll(keepingCapacity: true)
        try readString(into: &key)
        try takeColon()
        return true
    }

    /// Goes on to the next element of the array, or reads the `]` of the array.
    ///
    /// - Returns: whether there is an element, which is then to be read.
    /// - Throws: ``JSONError`` where neither stands there.
    public mutating func nextElement() throws(JSONError) -> Bool {
        try advance(before: UInt8(ascii: "]"))
    }

    // MARK: Values

    /// Reads a string and appends it to `output` as UTF-8.
    public mutating func readString(into output: inout [UInt8]) throws(JSONError) {
        try openString()
        while true {
            let run = plainRun()
            if !run.isASCII { try checkUTF8(run.end) }
            bytes.withUnsafeBufferPointer { output.append(contentsOf: $0[offset..<run.end]) }
            offset = run.end
            switch peek() {
            case UInt8(ascii: "\""): return closeString()
            case UInt8(ascii: "\\"): try readEscape(into: &output)
            case nil: throw error("a string does not end")
            default: throw error("a control character inside a string")
            }
        }
    }

    /// Reads a string.
    private mutating func readText() throws(JSONError) -> String {
        try openString()
        let run = plainRun()
        guard run.end < bytes.count, bytes[run.end] == UInt8(ascii: "\"") else {
            offset -= 1
            var text: [UInt8] = []
            try readString(into: &text)
            return String(decoding: text, as: UTF8.self)
        }
        let text = bytes.withUnsafeBufferPointer { bytes in
            String(validating: UnsafeBufferPointer(rebasing: bytes[offset..<run.end]), as: UTF8.self)
        }
        guard let text else {
            try checkUTF8(run.end)
            throw error("invalid UTF-8 in a string")
        }
        offset = run.end
        closeString()
        return text
    }

    /// Reads a whole number that fits 64 bits.
    public mutating func readInteger() throws(JSONError) -> Int {
        skipSpace()
        let start = offset
        let negative = peek() == UInt8(ascii: "-")
        if negative { offset += 1 }
        var value = 0
        var digits = 0
        while let byte = peek(), byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            let (scaled, overflowed) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = scaled.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            guard !overflowed, !carried else { throw error("a number too large", at: start) }
            value = sum
            digits += 1
            offset += 1
        }
        guard digits > 0 else { throw error("a whole number expected", at: start) }
        if let next = peek(), next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") {
            throw error("a whole number expected", at: start)
        }
        followsValue = true
        return negative ? -value : value
    }

    /// Whether a string is read next.
    public mutating func isAtString() -> Bool {
        skipSpace()
        return peek() == UInt8(ascii: "\"")
    }

    /// Reads any value, and builds it.
    ///
    /// - Throws: ``JSONError`` where none stands there, it nests deeper than 512, or an object names a member twice.
    public mutating func readValue() throws(JSONError) -> JSON {
        try readValue(depth: 0)
    }

    private mutating func readValue(depth: Int) throws(JSONError) -> JSON {
        guard depth < Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"):
            var members = JSONObject()
            try enterObject()
            while try advance(before: UInt8(ascii: "}")) {
                let name = try readText()
                if members[name] != nil { try take(.repeatedMember, "an object names \"\(name)\" twice") }
                try takeColon()
                members[name] = try readValue(depth: depth + 1)
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSON] = []
            try enterArray()
            while try nextElement() { elements.append(try readValue(depth: depth + 1)) }
            return .array(elements)
        case UInt8(ascii: "\""):
            return .string(try readText())
        default:
            return try readLiteral()
        }
    }

    private mutating func readLiteral() throws(JSONError) -> JSON {
        let start = offset
        try skipLiteral()
        followsValue = true
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        switch text {
        case "null": return .null
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "NaN", "Infinity", "-Infinity":
            try take(.notANumber, "\(text) is no value", at: start)
            return .double(text == "NaN" ? .nan : text == "Infinity" ? .infinity : -.infinity)
        default:
            guard Self.isNumber(bytes[start..<offset]), let number = Double(text) else {
                throw error("\"\(text.prefix(20))\" is no value", at: start)
            }
            return Int64(text).map { .int($0) } ?? .double(number)
        }
    }

    /// Whether some bytes follow JSON's grammar of numbers.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        var rest = text
        func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        func takeDigits() -> Int {
            let digits = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(digits)
            return digits
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = takeDigits()
        guard whole > 0, !startsWithZero || whole == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard takeDigits() > 0 else { return false }
        }
        if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard takeDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// Goes past any value, checking its brackets and strings only.
    public mutating func skipValue() throws(JSONError) {
        skipSpace()
        var open = 0
        repeat {
            skipSpace()
            guard let byte = peek() else { throw error("a value does not end") }
            switch byte {
            case UInt8(ascii: "\""):
                try skipString()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                open += 1
                guard open <= Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                open -= 1
                guard open >= 0 else { throw error("a value expected") }
                offset += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                guard open > 0 else { throw error("a value expected") }
                offset += 1
            default:
                try skipLiteral()
            }
        } while open > 0
        followsValue = true
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(JSONError) {
        skipSpace()
        guard offset == bytes.count else { throw error("something follows the value") }
    }
}
