/// Whether an answer says what was expected.
///
/// What counts of a text is its last `\boxed{…}`, else what follows its last `####`, else all of it. A number is
/// expected as the last number there, `1,234.50` being 1234.5; other words must stand there as whole words, in
/// any case and with any white space.
struct ExpectedAnswer: Equatable {
    private let words: [String]
    private let number: Double?

    init(_ text: String) {
        let text = Self.final(text)
        words = Self.words(of: text)
        let numbers = Self.numbers(of: text)
        let isNumber = words.allSatisfy { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        number = numbers.count == 1 && isNumber ? numbers.last : nil
    }

    /// Whether a text gives this answer.
    func matches(_ text: String) -> Bool {
        let text = Self.final(text)
        if let number { return Self.numbers(of: text).last == number }
        let found = Self.words(of: text)
        guard !words.isEmpty, found.count >= words.count else { return false }
        return (0...found.count - words.count).contains { start in
            zip(found[start...], words).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
        }
    }

    private static func final(_ text: String) -> Substring {
        if let box = text.ranges(of: "\\boxed{").last {
            var depth = 1
            let inside = text[box.upperBound...].prefix { character in
                depth += character == "{" ? 1 : character == "}" ? -1 : 0
                return depth > 0
            }
            if depth == 0 { return inside }
        }
        if let mark = text.ranges(of: "####").last { return text[mark.upperBound...] }
        return text[...]
    }

    private static func words(of text: Substring) -> [String] {
        var words: [String] = []
        var word = ""
        for scalar in text.lowercased().unicodeScalars {
            let properties = scalar.properties
            if properties.isIdeographic {
                // Words of scripts without spaces: each character is one.
                if !word.isEmpty { words.append(word) }
                words.append(String(scalar))
                word = ""
            } else if properties.isAlphabetic || properties.numericType != nil {
                word.unicodeScalars.append(scalar)
            } else if !word.isEmpty {
                words.append(word)
                word = ""
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    private static func numbers(of text: Substring) -> [Double] {
        var numbers: [Double] = []
        var digits = ""
        let bytes = Array(text.utf8)
        for (place, byte) in bytes.enumerated() {
            let isDigit = (0x30...0x39).contains(byte)
            let next = place + 1 < bytes.count && (0x30...0x39).contains(bytes[place + 1])
            let isInside = !digits.isEmpty && next && !digits.contains(".") && byte == UInt8(ascii: ".")
            if isDigit || isInside {
                // A minus sign, but not the hyphen of "3-4".
                if digits.isEmpty, place > 0, bytes[place - 1] == UInt8(ascii: "-"),
                    place < 2 || !(0x30...0x39).contains(bytes[place - 2])
                {
                    digits = "-"
                }
                digits.append(Character(UnicodeScalar(byte)))
            } else if !(byte == UInt8(ascii: ",") && next && !digits.isEmpty && hasGroup(bytes, after: place))
            {
                if let number = Double(digits) { numbers.append(number) }
                digits = ""
            }
        }
        if let number = Double(digits) { numbers.append(number) }
        return numbers
    }

    /// Whether exactly three digits follow: the comma of 1,234.
    private static func hasGroup(_ bytes: [UInt8], after place: Int) -> Bool {
        let group = bytes[(place + 1)...].prefix { (0x30...0x39).contains($0) }
        return group.count == 3
    }
}
