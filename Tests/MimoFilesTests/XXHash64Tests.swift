import MimoFiles
import Testing

@Suite struct XXHash64Tests {
    @Test(
        "Hashes are those of the reference",
        arguments: [
            ("", "ef46db3751d8e999"), ("a", "d24ec4f1a98c6e5b"), ("abc", "44bc2cf5ad770999"),
            ("Nobody inspects the spammish repetition", "fbcea83c8a378bf1"),
        ]
    )
    func known(text: String, hash: String) {
        var found = XXHash64()
        found.add(Array(text.utf8))
        #expect(found.text == hash)
    }

    @Test("How bytes are cut into calls does not matter", arguments: [0, 1, 7, 31, 32, 33, 64, 100, 257])
    func cuts(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
        var whole = XXHash64()
        whole.add(bytes)
        for size in [1, 3, 31, 32, 40] {
            var parts = XXHash64()
            for start in stride(from: 0, to: count, by: size) {
                parts.add(Array(bytes[start..<min(start + size, count)]))
            }
            #expect(parts.value == whole.value, "pieces of \(size)")
        }
    }

    @Test("Any single bit that changes, changes the hash")
    func flips() {
        let bytes = (0..<77).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var whole = XXHash64()
        whole.add(bytes)
        for bit in 0..<bytes.count * 8 {
            var other = bytes
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            var hash = XXHash64()
            hash.add(other)
            #expect(hash.value != whole.value)
        }
    }
}
