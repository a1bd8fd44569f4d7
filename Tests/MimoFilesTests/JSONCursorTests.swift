import Testing

@testable import MimoFiles

@Suite("Reading JSON front to back")
struct JSONCursorTests {
    private func read(_ text: String) throws -> JSON {
        var cursor = JSONCursor(Array(text.utf8))
        let value = try cursor.readValue()
        try cursor.finish()
        return value
    }

    @Test(
        "A value reads as it stands",
        arguments: [
            ("null", nil), (" true ", true), ("[]", []), ("{}", [:]), ("-0.5e2", -50.0), ("12", 12),
            ("1e2", 100.0),
            ("9223372036854775807", 9_223_372_036_854_775_807),
            ("18446744073709551616", 18_446_744_073_709_551_616.0),
            (#""a\n\"\\\/\b\f\r\t\u00e9""#, "a\n\"\\/\u{8}\u{c}\r\t\u{e9}"),
            ("[1, [2, {}], \"x\"]", [1, [2, [:]], "x"]),
            (#"{"a": {"b": [null]}, "c": false}"#, ["a": ["b": [nil]], "c": false]),
        ] as [(String, JSON)]
    )
    func values(_ text: String, _ expected: JSON) throws {
        #expect(try read(text) == expected)
    }

    @Test("Every surrogate pair gives its scalar")
    func surrogates() throws {
        for value in stride(from: UInt32(0x10000), through: 0x10FFFF, by: 97) {
            let scalar = try #require(Unicode.Scalar(value))
            let escapes = String(scalar).utf16.map { "\\u" + String($0, radix: 16) }.joined()
            #expect(try read("\"\(escapes)\"") == .string(String(scalar)))
        }
    }

    @Test(
        "What is no JSON is an error",
        arguments: [
            "", " ", "nul", "tru", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{1:1}", "{\"a\":1,\"a\":2}", "\"", "\"\\\"",
            "\"\\x\"",
            "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "01", "1.", ".5", "+1",
            "-", "1e",
            "1e+", "0x1", "NaN", "1 2", "[1}", "{\"a\":1]", String(repeating: "[", count: 100_000),
            String(repeating: "[", count: 600) + String(repeating: "]", count: 600),
        ]
    )
    func errors(_ text: String) {
        #expect(throws: JSONError.self) { try read(text) }
    }

    @Test(
        "Invalid UTF-8 in a string is an error",
        arguments: [
            [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE4, 0xB8], [0xFF],
        ]
    )
    func invalidText(_ bytes: [UInt8]) {
        var cursor = JSONCursor([0x22] + bytes + [0x22])
        #expect(throws: JSONError.self) { try cursor.readValue() }
    }

    @Test("A part can be passed over and read later from a copy")
    func copies() throws {
        var cursor = JSONCursor(Array(#"{"skipped": [1, {"x": "]"}], "count": 7}"#.utf8))
        var key: [UInt8] = []
        try cursor.enterObject()
        #expect(try cursor.nextMember(&key))
        var earlier = cursor
        try cursor.skipValue()
        #expect(try cursor.nextMember(&key))
        #expect(String(decoding: key, as: UTF8.self) == "count")
        #expect(try cursor.readInteger() == 7)
        #expect(try !cursor.nextMember(&key))
        try cursor.finish()
        #expect(try earlier.readValue() == [1, ["x": "]"]])
    }
}
