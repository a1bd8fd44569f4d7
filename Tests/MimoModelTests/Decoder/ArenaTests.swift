import MimoNumerics
import Testing

@testable import MimoModel

@Suite struct ArenaTests {
    @Test(
        "Rows begin on cache lines and are never whole pages apart",
        arguments: [1, 15, 16, 576, 1023, 1024, 4096, 12_288]
    )
    func strides(columns: Int) {
        let tensor = Arena().tensor(rows: 3, columns: columns)
        #expect(tensor.columns == columns && tensor.rows == 3)
        #expect(tensor.stride >= columns && tensor.stride % 16 == 0 && tensor.stride % 1024 != 0)
    }

    @Test("What was handed out since a mark is handed out again; nothing else is touched")
    func marks() {
        let arena = Arena(reserving: 1 << 20)
        let first = arena.tensor(rows: 5, columns: 100)
        first.fill(1)
        let mark = arena.mark
        let second = arena.tensor(rows: 3, columns: 1024)
        second.fill(2)
        arena.release(to: mark)
        let third = arena.tensor(rows: 3, columns: 1024)
        #expect(third.isSame(as: second))
        third.fill(3)
        #expect(first.elements.allSatisfy { $0 == 1 })
        #expect(arena.peakByteCount == (5 * 112 + 3 * 1040) * 4)
    }
}
