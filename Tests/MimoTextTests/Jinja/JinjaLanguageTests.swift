import Foundation
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// `Tests/Fixtures/jinja/language.jsonl`: the context of all, then templates and what transformers 5.19.0 with
/// Jinja2 3.1.6 makes of them.
@Suite("The language, as Jinja and Python have it")
struct JinjaLanguageTests {
    private static func rows() throws -> [JSON] {
        try String(contentsOfFile: Golden.path("jinja/language.jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    @Test("Each template renders to the reference's bytes, or fails where it fails")
    func language() throws {
        let rows = try Self.rows()
        let context = try #require(rows.first?["context"]?.objectValue)
        let now = try #require(LocalTime("2024-07-26T12:34:56"))
        #expect(rows.count > 700)
        for row in rows.dropFirst() {
            let source = try #require(row["template"]?.stringValue)
            if let expected = row["expected"]?.stringValue {
                let text = try JinjaTemplate(source).render(context, now: now)
                #expect(sameBytes(text, expected), "\(source): \(text.debugDescription)")
            } else {
                #expect(throws: JinjaError.self, "\(source)") {
                    try JinjaTemplate(source).render(context, now: now)
                }
            }
        }
    }

    @Test("An error says the line and what was wrong there")
    func errors() throws {
        let template = try JinjaTemplate("a\n{% if true %}\n{{ nothing.at.all }}\n{% endif %}")
        let error = try #require(throws: JinjaError.self) { try template.render(JSONObject()) }
        #expect(error.description == "template line 3: UndefinedError: 'nothing' is undefined")
        let syntax = try #require(throws: JinjaError.self) { try JinjaTemplate("a\n{% for x in y %}\n") }
        #expect(syntax.line == 2 && syntax.kind == .syntax)
    }

    @Test("raise_exception ends the rendering with the template's own words")
    func raising() throws {
        let template = try JinjaTemplate("{{ raise_exception('Only user and assistant roles!') }}")
        let error = try #require(throws: JinjaError.self) { try template.render(JSONObject()) }
        #expect(error.kind == .raised && error.message == "Only user and assistant roles!")
    }

    @Test("Composed and decomposed text are different values")
    func bytesCount() throws {
        let context = JSONObject([("a", "\u{e9}"), ("b", "e\u{301}"), ("d", ["\u{e9}": 1, "e\u{301}": 2])])
        #expect(
            try JinjaTemplate("{{ a == b }}{{ a in b }}{{ d | length }}{{ b | length }}").render(context)
                == "FalseFalse22"
        )
    }

    @Test("Numbers that leave 64 bits are refused, never rounded")
    func largeNumbers() throws {
        for source in [
            "{{ 9223372036854775807 + 1 }}", "{{ 2 ** 63 }}", "{{ 1e20 | int }}", "{{ 10 ** 18 * 10 }}",
        ] {
            #expect(throws: JinjaError.self, "\(source)") { try JinjaTemplate(source).render(JSONObject()) }
        }
    }
}

@Suite("Generation blocks")
struct JinjaGenerationTests {
    private func spans(_ source: String, _ context: JSONObject = JSONObject()) throws -> [String] {
        let rendering = try JinjaTemplate(source).renderMarkingGeneration(context)
        let bytes = Array(rendering.text.utf8)
        return rendering.generation.map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    @Test("The ranges are those of what the blocks wrote, in bytes")
    func ranges() throws {
        let source = "é{% for m in xs %}<{{ m }}>{% generation %}{{ m }}ü{% endgeneration %}{% endfor %}."
        let context = JSONObject([("xs", ["中", "b", ""])])
        #expect(try spans(source, context) == ["中ü", "bü", "ü"])
        let rendering = try JinjaTemplate(source).renderMarkingGeneration(context)
        #expect(rendering.generation == [7..<12, 15..<18, 20..<22])
        #expect(try JinjaTemplate(source).render(context) == rendering.text)
    }

    @Test("A block inside a macro or a capture keeps its place while the text is written as it is")
    func captured() throws {
        #expect(
            try spans(
                "a{% macro m(x) %}[{% generation %}{{ x }}{% endgeneration %}]{% endmacro %}{{ m('q') }}"
            ) == ["q"]
        )
        #expect(try spans("a{% filter trim %}[{% generation %}q{% endgeneration %}]{% endfilter %}") == ["q"])
    }

    @Test("A block whose text was captured and changed is an error, not a wrong place")
    func changed() throws {
        for source in [
            "a{% filter upper %}[{% generation %}q{% endgeneration %}]{% endfilter %}",
            "{% set x %}{% generation %}q{% endgeneration %}{% endset %}ab{{ x }}",
        ] {
            #expect(throws: JinjaError.self, "\(source)") { try spans(source) }
        }
    }

    @Test("A template knows whether it marks generation")
    func marks() throws {
        #expect(try JinjaTemplate("{% if a %}{% generation %}{% endgeneration %}{% endif %}").marksGeneration)
        #expect(try !JinjaTemplate("{% if a %}{{ generation }}{% endif %}").marksGeneration)
    }
}
