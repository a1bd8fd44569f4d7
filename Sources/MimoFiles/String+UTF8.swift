#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Comparing and searching by bytes: Swift's own operations on `String` compare grapheme clusters up to
/// canonical equivalence, where files, tokenizers and templates mean bytes.
extension String {
    /// Whether the two texts have the same bytes.
    package func isSame(as other: String) -> Bool {
        utf8.count == other.utf8.count && utf8Matches(other, at: 0)
    }

    /// Whether the text begins with the bytes of `prefix`.
    package func utf8Starts(with prefix: String) -> Bool {
        utf8.count >= prefix.utf8.count && utf8Matches(prefix, at: 0)
    }

    /// Whether the text ends with the bytes of `suffix`.
    package func utf8Ends(with suffix: String) -> Bool {
        utf8.count >= suffix.utf8.count && utf8Matches(suffix, at: utf8.count - suffix.utf8.count)
    }

    /// Whether the bytes of `other` stand at an offset, from which on there are at least as many.
    private func utf8Matches(_ other: String, at offset: Int) -> Bool {
        var text = self
        var other = other
        return text.withUTF8 { bytes in
            other.withUTF8 { other in
                guard let start = bytes.baseAddress, let wanted = other.baseAddress else {
                    return other.isEmpty
                }
                return memcmp(start + offset, wanted, other.count) == 0
            }
        }
    }

    /// Whether the bytes of `needle` occur.
    package func utf8Contains(_ needle: String) -> Bool {
        utf8Range(of: needle) != nil
    }

    /// Where the bytes of `needle` occur first, at or behind `start`, as offsets into the UTF-8 bytes.
    package func utf8Range(of needle: String, from start: Int = 0) -> Range<Int>? {
        var text = self
        var needle = needle
        return text.withUTF8 { bytes in
            needle.withUTF8 { needle in
                guard let wanted = needle.baseAddress, !needle.isEmpty, let base = bytes.baseAddress else {
                    return needle.isEmpty ? start..<start : nil
                }
                let last = bytes.count - needle.count
                var position = start
                while position <= last,
                    let found = memchr(base + position, Int32(needle[0]), last - position + 1)
                {
                    position = UnsafeRawPointer(found) - UnsafeRawPointer(base)
                    if memcmp(found, wanted, needle.count) == 0 {
                        return position..<(position + needle.count)
                    }
                    position += 1
                }
                return nil
            }
        }
    }

    /// Where the bytes of `needle` occur last.
    package func utf8LastRange(of needle: String) -> Range<Int>? {
        var last: Range<Int>?
        var start = 0
        while let range = utf8Range(of: needle, from: start) {
            last = range
            start = range.lowerBound + 1
        }
        return last
    }

    /// The text with every occurrence of `needle` replaced.
    package func utf8Replacing(_ needle: String, with replacement: String) -> String {
        var out = ""
        var start = 0
        while !needle.isEmpty, let range = utf8Range(of: needle, from: start) {
            out += utf8Slice(start..<range.lowerBound) + replacement
            start = range.upperBound
        }
        return start == 0 ? self : out + utf8Slice(start..<utf8.count)
    }

    /// The text between two offsets into the UTF-8 bytes.
    package func utf8Slice(_ range: Range<Int>) -> String {
        let start = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
        let end = utf8.index(start, offsetBy: range.count)
        return String(decoding: utf8[start..<end], as: UTF8.self)
    }

    /// The text without white space at its ends, as Python's `strip` sees it.
    package var trimmedLikePython: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.isPythonSpace }),
            let last = scalars.lastIndex(where: { !$0.isPythonSpace })
        else { return "" }
        let end = scalars.index(after: last)
        return first == startIndex && end == endIndex ? self : String(self[first..<end])
    }
}

extension Unicode.Scalar {
    /// Whether Python takes the character for white space (`str.isspace`, and `\s` in its patterns).
    package var isPythonSpace: Bool {
        switch value {
        case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
            0x3000:
            true
        default:
            false
        }
    }
}
