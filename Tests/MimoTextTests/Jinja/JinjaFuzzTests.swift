import Foundation
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@Suite("Damaged templates")
struct JinjaFuzzTests {
    @Test("A damaged template is refused, fails or renders, and never traps")
    func fuzz() throws {
        let cases = ProcessInfo.processInfo.environment["MIMO_FUZZ_CASES"].flatMap(Int.init) ?? 600
        let rows = try String(contentsOfFile: Golden.path("jinja/language.jsonl"), encoding: .utf8)
            .split(separator: "\n").map { try JSON(parsing: String($0)) }
        let context = try #require(rows.first?["context"]?.objectValue)
        let sources = rows.compactMap { $0["template"]?.stringValue }
        var limits = JinjaLimits()
        limits.steps = 50_000
        limits.outputBytes = 1 << 18
        var random = SplitMix(seed: 3)
        for number in 0..<cases {
            // Two templates one after the other, or one within the other, and then some damage.
            var bytes = Array(sources[Int(random.next() % UInt64(sources.count))].utf8)
            let other = sources[Int(random.next() % UInt64(sources.count))].utf8
            bytes.insert(contentsOf: other, at: Int(random.next() % UInt64(bytes.count + 1)))
            for _ in 0..<random.next() % 4 { random.damage(&bytes) }
            let source = String(decoding: bytes, as: UTF8.self)
            do {
                _ = try JinjaTemplate(source).renderMarkingGeneration(context, limits: limits)
            } catch {
                #expect(error is JinjaError, "case \(number): \(source)")
            }
        }
    }
}
