import Testing

@testable import MimoNumerics

@Suite struct RegionClockTests {
    @Test("Whoever is free takes the next task", arguments: [(1, 10.0), (2, 7), (3, 6), (8, 4)])
    func makespan(threads: Int, expected: Double) {
        #expect(RegionClock.makespan(of: [1, 2, 2, 1, 4], threads: threads) == expected)
    }

    @Test("Operations count as their part")
    func parts() {
        let before = RegionClock.totals[.rotary]?.regions ?? 0
        parallelFor(.rotary, 3) { _, _ in }
        #expect((RegionClock.totals[.rotary]?.regions ?? 0) > before)
    }

    @Test("A rehearsal leaves operations undone")
    func rehearsal() {
        let x = Tensor(rows: 2, columns: 3)
        Compute.rehearse { x.fill(1) }
        #expect(x.elements.allSatisfy { $0 == 0 })
        x.fill(1)
        #expect(x.elements.allSatisfy { $0 == 1 })
    }
}
