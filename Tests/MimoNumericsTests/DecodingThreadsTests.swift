import MimoTestSupport
import Testing

@testable import MimoNumerics

/// What decoding stands on, on several threads.
@Suite struct DecodingThreadsTests {
    /// What `body` gives on one thread, and whether it gives the same bits on more, again and again.
    private func isSameOnMoreThreads(_ body: () -> [Float]) -> Bool {
        holdingThreads {
            let before = Compute.threads
            defer { Compute.setThreads(before) }
            Compute.setThreads(1)
            let expected = body()
            return [2, 3, 5, 16].allSatisfy { threads in
                Compute.setThreads(threads)
                return (0..<8).allSatisfy { _ in body() == expected }
            }
        }
    }

    @Test("Products of few rows give the same bits on any number of threads", arguments: [1, 3])
    func products(rows: Int) {
        let weights = [768, 300, 5].map { WeightMatrix(Oracle.tensor($0, 1023, seed: UInt64($0))) }
        let input = Oracle.tensor(rows, 1023, seed: 1)
        let (h, up) = (Oracle.tensor(rows, 8, seed: 2), Oracle.tensor(8, 768, seed: 3))
        let gemm = Gemm()
        #expect(
            isSameOnMoreThreads {
                let outputs = weights.map { Tensor(undefinedRows: rows, columns: $0.rows) }
                gemm.multiply(outputs, input, by: weights)
                let adapted = Tensor(undefinedRows: rows, columns: 768)
                let update = ProductTerm.backward(h, WeightMatrix(up), scale: 0.5)
                gemm.multiply([Product(adapted, [.forward(input, weights[0]), update])])
                return (outputs + [adapted]).flatMap(\.elements)
            }
        )
    }

    @Test("Attention of few queries gives the same bits on any number of threads")
    func attention() {
        let attention = Attention(heads: 6, keyValueHeads: 2, headSize: 32)
        let sequences = [(1, 1500), (2, 65), (1, 1), (4, 300)].enumerated().map { number, shape in
            let seed = UInt64(number * 10)
            return Attention.FewQueries(
                output: Tensor(rows: shape.0, columns: 192),
                q: Oracle.tensor(shape.0, 192, seed: seed, scale: 2),
                k: HeadRows(Oracle.tensor(shape.1, 64, seed: seed + 1, scale: 2), heads: 2),
                v: HeadRows(Oracle.tensor(shape.1, 64, seed: seed + 2), heads: 2)
            )
        }
        let scratch = Tensor(rows: 1, columns: attention.scratchFloats(for: sequences))
        #expect(
            isSameOnMoreThreads {
                for sequence in sequences { sequence.output.fill(.nan) }
                attention.forward(sequences, scratch: scratch)
                return sequences.flatMap(\.output.elements)
            }
        )
    }
}
