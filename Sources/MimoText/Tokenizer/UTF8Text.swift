/// A scalar and the number of bytes that it takes in UTF-8.
struct ScalarWidth {
    let value: UInt32
    let width: Int
}

extension UnsafeBufferPointer<UInt8> {
    /// The scalar that starts at `position` of valid UTF-8.
    ///
    /// The bytes come out of a `String`, so they are well formed and no sequence is cut off at the end.
    @inline(__always)
    func scalar(at position: Int) -> ScalarWidth {
        let lead = UInt32(self[position])
        if lead < 0x80 { return ScalarWidth(value: lead, width: 1) }
        let second = UInt32(self[position + 1]) & 0x3F
        if lead < 0xE0 { return ScalarWidth(value: (lead & 0x1F) << 6 | second, width: 2) }
        let third = UInt32(self[position + 2]) & 0x3F
        if lead < 0xF0 {
            return ScalarWidth(value: (lead & 0x0F) << 12 | second << 6 | third, width: 3)
        }
        let fourth = UInt32(self[position + 3]) & 0x3F
        return ScalarWidth(value: (lead & 0x07) << 18 | second << 12 | third << 6 | fourth, width: 4)
    }

    /// The scalar that ends just before `position`, which is not the beginning, of valid UTF-8.
    func scalar(before position: Int) -> ScalarWidth {
        var start = position - 1
        while start > 0, self[start] & 0xC0 == 0x80 { start -= 1 }
        return scalar(at: start)
    }

    /// Whether the bytes from `position` on begin with `bytes`.
    func hasBytes(_ bytes: StaticString, at position: Int, before end: Int) -> Bool {
        guard end - position >= bytes.utf8CodeUnitCount else { return false }
        for offset in 0..<bytes.utf8CodeUnitCount where self[position + offset] != bytes.utf8Start[offset] {
            return false
        }
        return true
    }
}
