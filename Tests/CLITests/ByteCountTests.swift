import Testing

@testable import mimo_sft

@Suite struct ByteCountTests {
    @Test(
        "Sizes are read as people write them",
        arguments: [
            ("1024", 1024), ("1k", 1024), ("2KiB", 2048), ("500M", 500 << 20), ("12GiB", 12 << 30),
            ("12g", 12 << 30),
            ("0.5GB", 1 << 29), ("1T", 1 << 40),
        ]
    )
    func sizes(text: String, bytes: Int) {
        #expect(ByteCount(argument: text)?.bytes == bytes)
    }

    @Test("What is no size is refused", arguments: ["", "G", "-1G", "12X", "1.2.3", "1e3", "0", "99999999T"])
    func refused(text: String) {
        #expect(ByteCount(argument: text) == nil)
    }
}
