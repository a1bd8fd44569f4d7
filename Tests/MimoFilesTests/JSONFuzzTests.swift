import MimoFiles
import MimoTestSupport
import Testing

/// Two readers of JSON, one lenient and one strict, and a writer hold each other to the same values.
@Suite struct JSONFuzzTests {
    static let seeds: [String] = [
        #"{"messages": [{"role": "user", "content": "q\n\u00e9\ud83d\ude00"}, {"role": "assistant", "content": null}]}"#,
        #"[0, -1, 1.5, 1e3, -2.5E-3, 9223372036854775807, 18446744073709551616, true, false, null]"#,
        #"{"a": {"b": [[], {}, [[1]], {"": ""}]}, "c": "\\\"\/\b\f\n\r\t", "▁": "杭州"}"#,
        #""just text""#, "12", " [ ] ",
    ]

    @Test("What is strictly JSON is JSON to both readers, and means the same when written again")
    func agreement() {
        Fuzz.run("JSON") { seed, random in
            var bytes = Array(random.one(of: Self.seeds).utf8)
            for _ in 0..<random.below(5) { random.damage(&bytes) }
            let lenient = try? JSON(parsing: bytes)
            guard let strict = try? JSON(parsing: bytes, rejectingDuplicateKeys: true) else { return }
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(lenient == strict, "seed \(seed): \(text)")
            guard Self.isFinite(strict) else { return }
            #expect((try? JSON(parsing: strict.text())) == strict, "seed \(seed): \(text)")
            #expect((try? JSON(parsing: strict.text(indent: 2))) == strict, "seed \(seed): \(text)")
        }
    }

    /// Numbers too great become infinite, which is written as null.
    private static func isFinite(_ value: JSON) -> Bool {
        switch value {
        case .double(let number): number.isFinite
        case .array(let elements): elements.allSatisfy(isFinite)
        case .object(let members): members.values.allSatisfy(isFinite)
        default: true
        }
    }
}
