import Foundation
import MimoTestSupport
import Synchronization
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

    @Test("Products come out right while the number of threads changes")
    func changingThreads() {
        let (input, weight) = (Oracle.tensor(60, 300, seed: 1), Oracle.tensor(2000, 300, seed: 2))
        let expected = product(input, weight)
        let different = Atomic(0)
        holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            DispatchQueue.concurrentPerform(iterations: 2) { side in
                for turn in 0..<300 {
                    if side == 0 {
                        Compute.setThreads([1, 2, 16, 3][turn % 4])
                        usleep(50)
                    } else if product(input, weight) != expected {
                        different.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        #expect(different.load(ordering: .relaxed) == 0)
    }

    private func product(_ input: Tensor, _ weight: Tensor) -> [Float] {
        let out = Tensor(undefinedRows: input.rows, columns: weight.rows)
        Gemm().multiply([Product(out, [.forward(input, WeightMatrix(weight))])])
        return out.elements
    }
}
