internal import MimoFiles

/// A number that equal rows share, and others with a chance of 1 in 2^64: FNV-1a's scheme (Fowler, Noll and Vo)
/// over words of eight bytes, each spread over the whole word first.
enum Fingerprint {
    static func of(_ row: JSON) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        add(row, to: &hash)
        return hash
    }

    private static func add(_ value: JSON, to hash: inout UInt64) {
        switch value {
        case .null: mix(0, into: &hash)
        case .bool(let flag): mix(flag ? 2 : 1, into: &hash)
        case .int(let number): mix(UInt64(bitPattern: number) &* 8 &+ 3, into: &hash)
        case .double(let number): mix(number.bitPattern &* 8 &+ 4, into: &hash)
        case .string(let text): add(text, to: &hash)
        case .array(let elements):
            mix(UInt64(elements.count) * 8 + 6, into: &hash)
            for element in elements { add(element, to: &hash) }
        case .object(let members):
            mix(UInt64(members.count) * 8 + 7, into: &hash)
            for (key, value) in zip(members.keys, members.values) {
                add(key, to: &hash)
                add(value, to: &hash)
            }
        }
    }

    private static func add(_ text: String, to hash: inout UInt64) {
        var text = text
        text.withUTF8 { bytes in
            mix(UInt64(bytes.count) * 8 + 5, into: &hash)
            let raw = UnsafeRawBufferPointer(bytes)
            var position = 0
            while position + 8 <= raw.count {
                let word = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
                mix(UInt64(littleEndian: word), into: &hash)
                position += 8
            }
            while position < raw.count {
                hash = (hash ^ UInt64(raw[position])) &* 0x0100_0000_01b3
                position += 1
            }
        }
    }

    private static func mix(_ number: UInt64, into hash: inout UInt64) {
        hash = (hash ^ Permutation.mixed(number)) &* 0x0100_0000_01b3
    }
}
