import Testing

@testable import MimoNumerics

struct ParallelTests {
    @Test("Each index runs once, in shares or not, also from within a region", arguments: [false, true])
    func once(inShares: Bool) {
        let counts = Tensor(rows: 1, columns: 10_000)
        parallelFor(.copies, 100, inShares: inShares) { outer, _ in
            parallelFor(.copies, 100, inShares: inShares) { inner, _ in counts[0, outer * 100 + inner] += 1 }
        }
        #expect(counts.elements.allSatisfy { $0 == 1 })
        for count in [0, 1, 2, 3, 7] {
            let few = Tensor(rows: 1, columns: 8)
            parallelFor(.copies, count, inShares: inShares) { index, _ in few[0, index] += 1 }
            #expect(few.elements == (0..<8).map { $0 < count ? 1 : 0 })
        }
    }

    @Test("Each chunk of each item runs once, items of no length included")
    func items() {
        let counts = [0, 5, 1, 0, 0, 23, 7, 0]
        let seen = Tensor(rows: counts.count, columns: 32)
        parallelChunks(.copies, ofEach: counts, grain: 4) { item, range in
            #expect(!range.isEmpty && range.count <= 4)
            for index in range { seen[item, index] += 1 }
        }
        for (item, count) in counts.enumerated() {
            #expect((0..<32).allSatisfy { seen[item, $0] == ($0 < count ? 1 : 0) })
        }
        parallelChunks(.copies, ofEach: [], grain: 4) { _, _ in Issue.record("there is nothing to run") }
    }

    @Test("A share ends where the next one begins", arguments: [1, 2, 3, 5, 64])
    func shares(threads: Int) {
        for count in 1...40 {
            let starts = Set((1...threads).map { count * $0 / threads })
            for index in 0..<count {
                #expect(
                    isLastOfShare(index, of: count, threads: threads) == starts.contains(index + 1),
                    "\(index) of \(count)"
                )
            }
        }
    }
}
