import MimoFiles
import MimoText
import Testing

@Suite("The reference's renderings", .enabled(if: GoldenTokenizers.arePresent))
struct JinjaGoldenTests {
    @Test("Every golden case renders to the same bytes, or fails as the reference does")
    func cases() throws {
        var templates: [String: JinjaTemplate] = [:]
        let rows = try GoldenTokenizers.rows("jinja/cases.jsonl")
        #expect(!rows.isEmpty)
        for (number, row) in rows.enumerated() {
            let file = try #require(row["template_file"]?.stringValue)
            let template = try templates[file] ?? JinjaTemplate(GoldenTokenizers.text("jinja/" + file))
            templates[file] = template
            let context = try #require(row["context"]?.objectValue)
            let now = try #require(row["now"]?.stringValue.flatMap { LocalTime($0) })
            if let expected = row["expected"]?.stringValue {
                let text = try template.render(context, now: now)
                #expect(sameBytes(text, expected), "case \(number + 1), \(file)")
                continue
            }
            let error = try #require(throws: JinjaError.self, "case \(number + 1), \(file)") {
                try template.render(context, now: now)
            }
            let expected = try #require(row["error"]?.stringValue)
            if expected.hasPrefix("TemplateError: ") {
                #expect(error.kind == .raised)
                #expect(error.message == expected.dropFirst("TemplateError: ".count))
            }
        }
    }
}
