import MimoFiles
import Testing

@Suite struct PythonLiteralTests {
    @Test(
        arguments: [
            ("{'a': 1, 'b': [True, None, 2.5]}", #"{"a": 1, "b": [true, null, 2.5]}"#),
            ("('x', \"it's\")", #"["x", "it's"]"#),
            ("('x')", #""x""#),
            ("('x',)", #"["x"]"#),
            ("[['q1', 'r1'], ['q2', 'r2'],]", #"[["q1", "r1"], ["q2", "r2"]]"#),
            (#"'a\n\x41\u00e9\U0001f600\'\101'"#, #""a\nAé😀'A""#),
            (#"'\ud83d\ude00'"#, #""😀""#),
            ("r'a\\n' 'b'", #""a\\nb""#),
            ("'''a\n'b''''c'", #""a\n'bc""#),
            ("-0x1F", "-31"), ("1_000", "1000"), (".5", "0.5"), ("1.", "1.0"), ("1e3", "1000.0"),
            (" 7 ", "7"),
        ]
    )
    func aLiteralIsReadAsItsValue(literal: String, json: String) throws {
        #expect(try PythonLiteral.parse(literal) == JSON(parsing: json))
    }

    @Test(
        arguments: [
            "", "not a list", "{1: 2}", "{'a'}", "{'a': }", "[1", "'a", "'a\nb'", "f('x')", "1 2", "0x",
            "b'x'", "'\\x1'",
            "'\\ud800'", "'\\ud800\\u0041'", "'\\udc00\\ud800'", "{'a' 'b'}", "lambda: 0", "1+",
            String(repeating: "[", count: 5000),
        ]
    )
    func whatIsNoLiteralIsRefused(text: String) {
        #expect(throws: JSONError.self) { try PythonLiteral.parse(text) }
    }

    @Test func valuesAreWrittenAsPythonShowsThem() throws {
        let value = try JSON(
            parsing: #"{"city": "杭州", "n": -2, "f": 1.0, "ok": true, "no": null, "l": ["it's", "\"", "'\""]}"#
        )
        #expect(
            PythonLiteral.text(of: value)
                == #"{'city': '杭州', 'n': -2, 'f': 1.0, 'ok': True, 'no': None, 'l': ["it's", '"', '\'"']}"#
        )
        #expect(
            PythonLiteral.text(of: "a\u{0}\n\u{7f}\u{a0}\u{200b}\u{feff}\u{e000}\\")
                == #"'a\x00\n\x7f\xa0\u200b\ufeff\ue000\\'"#
        )
    }
}
