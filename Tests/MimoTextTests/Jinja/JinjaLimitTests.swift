import Foundation
import MimoFiles
import MimoText
import Synchronization
import Testing

@Suite("A hostile template is stopped")
struct JinjaLimitTests {
    #if DEBUG
    // Without optimisation every frame is several times as large.
    private static let stackSize = 4 << 20
    #else
    private static let stackSize = 512 << 10
    #endif

    /// Limits that are soon reached, even without optimisation.
    private var tight: JinjaLimits {
        var limits = JinjaLimits()
        limits.steps = 100_000
        limits.outputBytes = 1 << 20
        return limits
    }

    /// The kind of error that reading or rendering a template ends with, on a thread with a small stack.
    private func outcome(_ source: String, _ limits: JinjaLimits = JinjaLimits()) -> JinjaError.Kind? {
        let kind = Mutex<JinjaError.Kind?>(nil)
        let done = DispatchSemaphore(value: 0)
        withExtendedLifetime(kind) {
            let box = Box(source: source, limits: limits)
            let thread = Thread {
                box.run()
                done.signal()
            }
            thread.stackSize = Self.stackSize
            thread.start()
            done.wait()
            kind.withLock { $0 = box.kind.withLock { $0 } }
        }
        return kind.withLock { $0 }
    }

    private final class Box: Sendable {
        let source: String
        let limits: JinjaLimits
        let kind = Mutex<JinjaError.Kind?>(nil)

        init(source: String, limits: JinjaLimits) {
            self.source = source
            self.limits = limits
        }

        func run() {
            do {
                _ = try JinjaTemplate(source).render(JSONObject(), limits: limits)
            } catch let error as JinjaError {
                kind.withLock { $0 = error.kind }
            } catch {}
        }
    }

    @Test(
        "Depth is bounded, on a thread with a small stack",
        arguments: [
            "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
            "{% macro m(n) %}{% for x in [1] %}{% if true %}{% set y %}{{ m(n) + 'a' }}{% endset %}{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}",
            "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
            "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
            "{% macro m(a=m()) %}{% endmacro %}{{ m() }}",
            "{% set ns = namespace() %}{% macro m() %}{{ [1]|map('string')|list ~ m() }}{% endmacro %}{{ m() }}",
        ]
    )
    func depth(_ source: String) {
        #expect(outcome(source) == .limit)
    }

    @Test(
        "Nesting in the source is bounded, on a thread with a small stack",
        arguments: [
            "{{ " + String(repeating: "(", count: 100_000),
            "{{ " + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + " }}",
            "{{ " + String(repeating: "not ", count: 100_000) + "1 }}",
            "{{ " + String(repeating: "-", count: 100_000) + "1 }}",
            "{{ 1" + String(repeating: "+1", count: 100_000) + " }}",
            "{{ 1" + String(repeating: "|abs", count: 100_000) + " }}",
            "{{ a" + String(repeating: ".b", count: 100_000) + " }}",
            "{{ 1" + String(repeating: " if 1", count: 100_000) + " }}",
            "{{ 1" + String(repeating: " if 1 else 1", count: 100_000) + " }}",
            String(repeating: "{% if 1 %}", count: 100_000),
            String(repeating: "{% for x in y %}", count: 300) + String(repeating: "{% endfor %}", count: 300),
        ]
    )
    func nesting(_ source: String) {
        #expect(outcome(source) == .syntax)
    }

    @Test("A chain of a thousand operators is no nesting")
    func chains() throws {
        let sum = try JinjaTemplate("{{ 1" + String(repeating: "+1", count: 1000) + " }}").render(
            JSONObject()
        )
        #expect(sum == "1001")
    }

    @Test(
        "Steps are bounded",
        arguments: [
            "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
            "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a * b %}{% endfor %}{% endfor %}",
            "{% set ns = namespace(x=[]) %}{% for a in range(99999) %}{% set ns.x = ns.x + [a] %}{% endfor %}",
            "{% set x = 'a' * 500000 %}{% for a in range(99999) %}{% set y = x ~ x %}{% endfor %}",
            "{% set x = 'a' * 500000 %}{% for a in range(99999) %}{% set y = x | upper | length %}{% endfor %}",
            "{% set x = 'a' * 500000 %}{% for a in range(99999) %}{% set y = x[::-1] %}{% endfor %}",
            "{% set x = 'a' * 500000 %}{% for a in range(99999) %}{% set y = x.split('a') %}{% endfor %}",
            "{% set x = 'a' * 500000 %}{% for a in range(99999) %}{% set y = 'b' in x %}{% endfor %}",
        ]
    )
    func steps(_ source: String) {
        #expect(outcome(source, tight) == .limit)
    }

    @Test(
        "Output and every text on the way are bounded",
        arguments: [
            "{% for a in range(99999) %}{% for b in range(99) %}0123456789{% endfor %}{% endfor %}",
            "{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            "{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{% set ns = namespace(x='ab') %}{% for a in range(99) %}{% set ns.x = ns.x|replace('a', ns.x) %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x|tojson }}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x == ns.x }}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(9999) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
            "{% set ns = namespace(x={}) %}{% for a in range(9999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(9999) %}{% set ns.x = ns.x|batch(1) %}{% endfor %}",
            "{% set ns = namespace(x=[1]) %}{% for a in range(9999) %}{% set ns.x = dict(a=ns.x) %}{% endfor %}",
            "{{ ('\\n' * 900000) | indent(900) }}",
            "{{ 'a' * 999999999999 }}",
            "{{ 'a'|center(999999999999) }}",
            "{{ '%999999999999d' % 1 }}",
            "{{ '{:999999999999}'.format(1) }}",
            "{{ 'a'.ljust(9999999) }}",
            "{{ [1] * 999999999999 }}",
            "{{ range(999999999999) }}",
            "{{ ['a' * 1000000] * 1000000 }}",
            "{{ (['a' * 1000000] * 100000)|join }}",
        ]
    )
    func output(_ source: String) {
        #expect(outcome(source, tight) == .limit)
    }
}
