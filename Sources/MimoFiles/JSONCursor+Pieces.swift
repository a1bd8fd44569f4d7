// What values are made of.

extension JSONCursor {
    func error(_ reason: String, at offset: Int? = nil) -> JSONError {
        JSONError(offset: offset ?? self.offset, reason: reason)
    }

    @inline(__always)
    func peek() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    @inline(__always)
    mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    mutating func enter(_ bracket: UInt8, _ what: String) throws(JSONError) {
        skipSpace()
        guard peek() == bracket else { throw error("\(what) expected") }
        offset += 1
        followsValue = false
    }

    /// Lets something pass that RFC 8259 does not, or refuses it.
    mutating func take(_ lapse: JSONLapses, _ reason: String, at offset: Int? = nil) throws(JSONError) {
        guard allowed.contains(lapse) else { throw error(reason, at: offset) }
        lapses.insert(lapse)
    }

    mutating func takeColon() throws(JSONError) {
        skipSpace()
        guard peek() == UInt8(ascii: ":") else { throw error("\":\" expected after a member's name") }
        offset += 1
        followsValue = false
    }

    mutating func openString() throws(JSONError) {
        skipSpace()
        guard peek() == UInt8(ascii: "\"") else { throw error("a string expected") }
        offset += 1
    }

    mutating func closeString() {
        offset += 1
        followsValue = true
    }

    /// The end of what stands for itself in a string: up to a quote, an escape or a control character.
    @inline(__always)
    func plainRun() -> (end: Int, isASCII: Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            var position = offset
            var all: UInt8 = 0
            while position < bytes.count {
                let byte = bytes[position]
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
                all |= byte
                position += 1
            }
            return (position, all < 0x80)
        }
    }

    /// Checks that the bytes up to `end` are UTF-8; where not, ``offset`` is where they are not.
    mutating func checkUTF8(_ end: Int) throws(JSONError) {
        let start = offset
        while offset < end { offset += bytes[offset] < 0x80 ? 1 : try sequenceLength() }
        offset = start
    }

    mutating func advance(before end: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if peek() == end {
            offset += 1
            followsValue = true
            return false
        }
        if followsValue {
            guard peek() == UInt8(ascii: ",") else { throw error("\",\" or an end expected") }
            offset += 1
            followsValue = false
            skipSpace()
        }
        guard peek() != nil else { throw error("the text ends in the middle") }
        return true
    }

    mutating func skipString() throws(JSONError) {
        offset += 1
        while let byte = peek() {
            offset += byte == UInt8(ascii: "\\") ? 2 : 1
            if byte == UInt8(ascii: "\"") { return }
        }
        offset = bytes.count
        throw error("a string does not end")
    }

    mutating func skipLiteral() throws(JSONError) {
        let start = offset
        while let byte = peek(), Self.isLiteral(byte) { offset += 1 }
        guard offset > start else { throw error("a value expected") }
    }

    /// Letters, digits, and what else a number may have.
    static func isLiteral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// The length of the well-formed UTF-8 sequence at `offset`, whose first byte is not ASCII.
    func sequenceLength() throws(JSONError) -> Int {
        let lead = bytes[offset]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch lead {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xE1...0xEF: (3, 0x80...0xBF)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0x80...0xBF)
            }
        guard length > 0, offset + length <= bytes.count, second.contains(bytes[offset + 1]) else {
            throw error("invalid UTF-8 in a string")
        }
        for position in offset + 2..<max(offset + length, offset + 2) where bytes[position] & 0xC0 != 0x80 {
            throw error("invalid UTF-8 in a string")
        }
        return length
    }

    mutating func readEscape(into output: inout [UInt8]) throws(JSONError) {
        let start = offset
        offset += 1
        guard let kind = peek() else { throw error("a string does not end") }
        offset += 1
        switch kind {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(kind)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"):
            let code = try readCodePoint(start)
            output.append(contentsOf: (Unicode.Scalar(code) ?? "\u{FFFD}").utf8)
        default:
            throw error("an unknown escape in a string", at: start)
        }
    }

    /// The number behind `\u`, with that of the escape behind it where both are halves of a pair.
    mutating func readCodePoint(_ start: Int) throws(JSONError) -> UInt32 {
        let code = try readHex()
        guard code & 0xF800 == 0xD800 else { return code }
        let behind = offset
        if code < 0xDC00, peek() == UInt8(ascii: "\\"), behind + 1 < bytes.count,
            bytes[behind + 1] == UInt8(ascii: "u")
        {
            offset += 2
            let low = try readHex()
            if low & 0xFC00 == 0xDC00 { return 0x10000 + (code & 0x3FF) << 10 + (low & 0x3FF) }
            offset = behind
        }
        try take(.loneSurrogate, "half a surrogate pair", at: start)
        return 0xFFFD
    }

    mutating func readHex() throws(JSONError) -> UInt32 {
        guard offset + 4 <= bytes.count else { throw error("a string does not end") }
        var value: UInt32 = 0
        for _ in 0..<4 {
            let byte = UInt32(bytes[offset])
            switch byte {
            case 0x30...0x39: value = value << 4 | (byte - 0x30)
            case 0x41...0x46, 0x61...0x66: value = value << 4 | ((byte | 0x20) - 0x61 + 10)
            default: throw error("four hexadecimal digits expected")
            }
            offset += 1
        }
        return value
    }
}
