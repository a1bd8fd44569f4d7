import CJSON
import MimoFiles
import MimoTestSupport
import Testing

/// json-c as the judge of what a text means.
///
/// It is no judge of numbers beyond 64 bits, which it clamps, and of halves of surrogate pairs: the cases hold none.
@Suite struct JSONOracleTests {
    static let texts: [String] = [
        #"{"messages": [{"role": "user", "content": "q\n\u00e9"}, {"role": "assistant", "content": null}]}"#,
        #"[0, -1, 1.5, 1e3, -2.5E-3, 9223372036854775807, -9223372036854775808, true, false, null]"#,
        #"{"a": {"b": [[], {}, [[1]], {"": ""}]}, "c": "\\\"\/\b\f\n\r\t", "▁": "杭州"}"#,
        #" { "x" : [ 1 , 2.25 , "\u4e2d\u6587" ] } "#, #""just text""#, "12", "-0.0", "[]",
    ]

    @Test("Our reader finds the values that json-c finds", arguments: texts)
    func values(text: String) throws {
        let expected = try #require(Self.read(text))
        #expect(try JSON(parsing: text) == expected)
    }

    @Test("Texts made of random values mean the same to both")
    func randomValues() throws {
        var random = SplitMix(seed: 7)
        for _ in 0..<500 {
            let value = Self.value(&random, depth: 3)
            for text in [value.text(), value.text(indent: 2)] {
                #expect(try JSON(parsing: text) == value)
                #expect(Self.read(text) == value, "\(text)")
            }
        }
    }

    private static func value(_ random: inout SplitMix, depth: Int) -> JSON {
        switch random.below(depth > 0 ? 7 : 5) {
        case 0: .null
        case 1: .bool(random.below(2) == 0)
        case 2: .int(Int64(random.below(1 << 40)) - (1 << 39))
        case 3: .double(Double(random.below(1 << 20)) / 64 + 0.5 / 64)
        case 4: .string(random.one(of: ["", "a\"b\\", "杭州\n", "\u{1}\t/", "🙂 é"]))
        case 5: .array((0..<random.below(4)).map { _ in value(&random, depth: depth - 1) })
        default:
            .object(JSONObject((0..<random.below(4)).map { ("k\($0)", value(&random, depth: depth - 1)) }))
        }
    }

    /// The value as json-c reads it; nil where it refuses.
    private static func read(_ text: String) -> JSON? {
        guard let tokener = json_tokener_new_ex(64) else { return nil }
        defer { json_tokener_free(tokener) }
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
        // With its end, by which json-c knows that a number is over.
        let bytes = Array(text.utf8CString)
        let root = json_tokener_parse_ex(tokener, bytes, Int32(bytes.count))
        defer { json_object_put(root) }
        return json_tokener_get_error(tokener) == json_tokener_success ? convert(root) : nil
    }

    private static func convert(_ object: OpaquePointer?) -> JSON {
        switch json_object_get_type(object) {
        case json_type_boolean: return .bool(json_object_get_boolean(object) != 0)
        case json_type_int: return .int(json_object_get_int64(object))
        case json_type_double: return .double(json_object_get_double(object))
        case json_type_string: return .string(String(cString: json_object_get_string(object)))
        case json_type_array:
            return .array(
                (0..<json_object_array_length(object)).map { convert(json_object_array_get_idx(object, $0)) }
            )
        case json_type_object:
            var members = JSONObject()
            var entry = json_object_get_object(object)?.pointee.head
            while let current = entry {
                let key = current.pointee.k.assumingMemoryBound(to: CChar.self)
                members[String(cString: key)] = convert(OpaquePointer(current.pointee.v))
                entry = current.pointee.next
            }
            return .object(members)
        default: return .null
        }
    }
}
