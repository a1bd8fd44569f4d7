import Foundation
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@Suite("Damaged templates")
struct JinjaFuzzTests {
    @Test("A damaged template is refused, fails or renders, and never traps")
    func fuzz() throws {
        let rows = try String(contentsOfFile: Golden.path("jinja/language.jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSON(parsing: String($0)) }
        let context = try #require(rows.first?["context"]?.objectValue)
        let sources = rows.compactMap { $0["template"]?.stringValue }
        var limits = JinjaLimits()
        limits.steps = 50_000
        limits.outputBytes = 1 << 18
        Fuzz.run("Jinja") { seed, random in
            // Two templates one after the other, or one within the other, and then some damage.
            var bytes = Array(random.one(of: sources).utf8)
            bytes.insert(contentsOf: random.one(of: sources).utf8, at: random.below(bytes.count + 1))
            for _ in 0..<random.below(4) { random.damage(&bytes) }
            let source = String(decoding: bytes, as: UTF8.self)
            do {
                _ = try JinjaTemplate(source).renderMarkingGeneration(context, limits: limits)
            } catch {
                #expect(error is JinjaError, "seed \(seed): \(source)")
            }
        }
    }
}
