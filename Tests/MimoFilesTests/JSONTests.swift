import MimoFiles
import Testing

@Suite struct JSONTests {
    @Test(
        "Every scalar survives its escape, beyond the basic plane too",
        arguments: [0x1F600, 0x1D800, 0x2D800, 0x2DFFF, 0x10FFFF, 0xE000]
    )
    func escapes(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let escaped = String(scalar).utf16.map { unit in
            let digits = String(unit, radix: 16)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
        let parsed = try JSON(parsing: "{\"a\": \"x\(escaped)y\"}")["a"]?.stringValue
        #expect(parsed.map { Array($0.utf8) } == Array("x\(scalar)y".utf8))
        #expect(try JSON(parsing: JSON.string(String(scalar)).text()) == .string(String(scalar)))
    }

    @Test("A member that comes twice is found where that is asked for")
    func duplicates() throws {
        let text = "{\"a\": {\"b\": 1, \"b\": 2}, \"c\": \"x:y\"}"
        #expect(throws: JSONError.self) { try JSON(parsing: text, rejectingDuplicateKeys: true) }
        #expect(try JSON(parsing: text)["a"]?["b"] == 2)
        #expect(throws: Never.self) {
            try JSON(parsing: "{\"a\": {\"a\": \":\"}}", rejectingDuplicateKeys: true)
        }
    }

    @Test(
        "What is no JSON is refused",
        arguments: ["", "{", "[1,]", "{\"a\" 1}", "nul", "\"a", "1 2"]
    )
    func refused(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(
        "Strict reading takes nothing but JSON",
        arguments: ["{'a': 1}", "\"\\ud800\"", "[NaN]", "[1,]", "{} {}"]
    )
    func strict(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text, rejectingDuplicateKeys: true) }
    }

    @Test("Written values read back to the same, numbers to the last bit and members in order")
    func roundTrip() throws {
        let value: JSON = [
            "z": [1, -2, .int(.max), .int(.min), 0.1, 1e300, -0.0], "a": ["b": nil, "c": [true, false]],
            "text": "quotes \" \\ controls \u{1} \n and \u{1F600}", "empty": [], "none": [:],
        ]
        #expect(try JSON(parsing: value.text()) == value)
        #expect(try JSON(parsing: value.text(indent: 2)) == value)
    }
}
