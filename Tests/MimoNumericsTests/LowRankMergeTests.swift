import MimoNumerics
import MimoTestSupport
import Testing

@Suite struct LowRankMergeTests {
    @Test(arguments: [(1, 1, 1), (3, 5, 2), (7, 33, 8), (65, 130, 17), (2, 40, 300), (0, 4, 2), (4, 0, 2)])
    func `a weight with its update is the sum in double, rounded`(rows: Int, columns: Int, rank: Int) {
        let (w, a) = (Oracle.numbers(rows * columns, seed: 1), Oracle.numbers(rank * columns, seed: 2))
        let b = Oracle.numbers(rows * rank, seed: 3)
        let sum = WeightMatrix(Tensor(w, rows: rows, columns: columns)).addingLowRank(
            b: Tensor(b, rows: rows, columns: rank),
            a: Tensor(a, rows: rank, columns: columns),
            scaling: 0.3,
            gemm: Gemm()
        )
        var expected = w
        for i in 0..<rows {
            for j in 0..<columns {
                let product = (0..<rank).reduce(0.0) {
                    $0 + Double(b[i * rank + $1]) * Double(a[$1 * columns + j])
                }
                expected[i * columns + j] = Float(Double(w[i * columns + j]) + Double(Float(0.3)) * product)
            }
        }
        expectClose(sum.elements, expected, rtol: 2e-7, atol: 1.2e-7 * Float(rank).squareRoot() + 1e-7)
    }

    @Test func `a frozen weight of half the width is widened exactly`() {
        let storage = TensorStorage(byteCount: 64)
        let weight = WeightMatrix(storage: storage, byteOffset: 0, type: .bf16, rows: 2, columns: 3)
        let one = Tensor([1, 2], rows: 2, columns: 1)
        let sum = weight.addingLowRank(
            b: one,
            a: Tensor([1, 10, 100], rows: 1, columns: 3),
            scaling: 0.5,
            gemm: Gemm()
        )
        #expect(sum.elements == [0.5, 5, 50, 1, 10, 100])
    }

    @Test(arguments: [
        (ElementType.f32, Float.greatestFiniteMagnitude, Float.infinity),
        (.f16, Float(65520).nextDown, Float(65520)),
        (.bf16, Float(bitPattern: 0x7f7f_7fff), Float(bitPattern: 0x7f7f_8000)),
    ])
    func `what rounds to infinity is told from what does not`(type: ElementType, largest: Float, first: Float)
    {
        for sign in [Float(1), -1] {
            let fits = Tensor([0, sign * largest, 1], rows: 1, columns: 3)
            #expect(fits.isFinite(as: type))
            #expect(WeightMatrixBytes.finite(fits.narrowed(to: type), type))
            let overflows = Tensor([0, 1, sign * first], rows: 3, columns: 1)
            #expect(!overflows.isFinite(as: type))
            #expect(!WeightMatrixBytes.finite(overflows.narrowed(to: type), type))
        }
        #expect(!Tensor([.nan], rows: 1, columns: 1).isFinite(as: type))
        #expect(
            Tensor([.infinity, 1], rows: 1, columns: 2).columns(1..<2).isFinite(as: type),
            "only the window counts"
        )
        #expect(Tensor(rows: 0, columns: 3).isFinite(as: type))
    }
}

/// Looks at the exponents of narrowed elements.
private enum WeightMatrixBytes {
    static func finite(_ bytes: [UInt8], _ type: ElementType) -> Bool {
        let (size, mask): (Int, UInt32) =
            switch type {
            case .f32: (4, 0x7f80_0000)
            case .f16: (2, 0x7c00)
            case .bf16: (2, 0x7f80)
            }
        return stride(from: 0, to: bytes.count, by: size).allSatisfy { start in
            let bits = bytes[start..<start + size].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            return bits & mask != mask
        }
    }
}
