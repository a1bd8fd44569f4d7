import Foundation
import MimoTestSupport
import Testing

@testable import MimoNumerics

@Suite struct RowOperationTests {
    @Test("RMSNorm's backward is the derivative of its forward", arguments: [(1, 1), (3, 17), (40, 64)])
    func rmsNorm(rows: Int, columns: Int) {
        let (x, weight) = (Oracle.tensor(rows, columns, seed: 1), Oracle.tensor(1, columns, seed: 2))
        let dOutput = Oracle.tensor(rows, columns, seed: 3)
        let (out, rstd) = (Tensor(rows: rows, columns: columns), Tensor(rows: 1, columns: rows))
        RMSNorm.forward(out, rstd: rstd, x, weight: weight, epsilon: 1e-5)
        func forward(_ x: [Double]) -> [Double] {
            (0..<rows).flatMap { row -> [Double] in
                let values = Array(x[row * columns..<(row + 1) * columns])
                let r = 1 / (Oracle.dot(values, values) / Double(columns) + 1e-5).squareRoot()
                return values.enumerated().map { $1 * r * Double(weight[0, $0]) }
            }
        }
        expectClose(out.elements, forward(x.elements.doubles).floats, rtol: 1e-5, atol: 1e-6)
        let dInput = Tensor(rows: rows, columns: columns)
        RMSNorm.backward(dInput, rstd: rstd, dOutput: dOutput, x, weight: weight, accumulate: false)
        let expected = Oracle.gradient(x.elements.doubles) {
            Oracle.dot(forward($0), dOutput.elements.doubles)
        }
        expectClose(dInput.elements, expected.floats, rtol: 1e-3, atol: 1e-4)
        RMSNorm.backward(dInput, rstd: rstd, dOutput: dOutput, x, weight: weight, accumulate: true)
        expectClose(dInput.elements, expected.map { 2 * $0 }.floats, rtol: 1e-3, atol: 1e-4)
    }

    @Test(
        "Pieces of a row are normalised as rows of their own, forward and backward, whatever lies between rows"
    )
    func headNorms() {
        let (rows, pieces, size) = (37, 3, 8)
        let (x, dOutput) = (
            Oracle.tensor(rows, pieces * size + 5, seed: 1).columns(0..<pieces * size),
            Oracle.tensor(rows, pieces * size, seed: 2)
        )
        let weight = Oracle.tensor(1, size, seed: 3)
        func run(_ x: Tensor, _ dOutput: Tensor) -> [[Float]] {
            let (out, dInput) = (
                Tensor(rows: x.rows, columns: x.columns), Tensor(rows: x.rows, columns: x.columns)
            )
            let (rstd, gradient) = (Tensor(rows: 1, columns: rows * pieces), Tensor(rows: 1, columns: size))
            RMSNorm.forward(out, rstd: rstd, x, weight: weight, epsilon: 1e-5)
            RMSNorm.backward(dInput, rstd: rstd, dOutput: dOutput, x, weight: weight, accumulate: false)
            ColumnSums.accumulate(gradient, dOutput, times: x, factors: rstd)
            return [out.elements, rstd.elements, dInput.elements, gradient.elements]
        }
        let alone = run(
            Tensor(x.elements, rows: rows * pieces, columns: size),
            dOutput.reshaped(rows: rows * pieces, columns: size)
        )
        #expect(run(x, dOutput) == alone)
    }

    @Test("A rotation backward undoes the rotation forward, and keeps each pair's length")
    func rotary() {
        let (rows, heads, size) = (5, 3, 12)
        let x = Oracle.tensor(rows, heads * size, seed: 1)
        let before = x.elements
        let angles = Oracle.numbers(rows * size / 2, seed: 2, scale: 100).doubles
        let cosines = Tensor(angles.map { cos($0) }.floats, rows: rows, columns: size / 2)
        let sines = Tensor(angles.map { sin($0) }.floats, rows: rows, columns: size / 2)
        RotaryEmbedding.forward(x, cosines: cosines, sines: sines)
        let (a, b) = (Double(before[0]), Double(before[size / 2]))
        expectClose([x[0, 0]], [Float(a * cos(angles[0]) - b * sin(angles[0]))], atol: 1e-5)
        expectClose([x[0, size / 2]], [Float(b * cos(angles[0]) + a * sin(angles[0]))], atol: 1e-5)
        RotaryEmbedding.backward(x, cosines: cosines, sines: sines)
        expectClose(x.elements, before, atol: 1e-5)
    }

    @Test("Dropout keeps the expected share, scales it, and depends on key and row alone")
    func dropout() {
        let mask = DropoutMask(key: 0x1234_5678_9abc_def0, probability: 0.25)
        let x = Tensor(rows: 200, columns: 500)
        x.fill(3)
        let out = Tensor(rows: 200, columns: 500)
        mask.forward(out, x, rows: (0..<200).map { UInt64($0) })
        let kept = out.elements.count { $0 != 0 }
        #expect(abs(Double(kept) / 100_000 - 0.75) < 0.01)
        #expect(out.elements.allSatisfy { $0 == 0 || abs($0 - 4) < 1e-5 })
        let reversed = Tensor(rows: 200, columns: 500)
        mask.forward(reversed, x, rows: (0..<200).reversed().map { UInt64($0) })
        #expect(reversed.rows(0..<1).elements == out.rows(199..<200).elements)
        let other = Tensor(rows: 200, columns: 500)
        DropoutMask(key: 1, probability: 0.25).forward(other, x, rows: (0..<200).map { UInt64($0) })
        #expect(other.elements != out.elements)
        let gradient = Tensor(rows: 200, columns: 500)
        mask.backward(adding: gradient, x, rows: (0..<200).map { UInt64($0) })
        #expect(gradient.elements == out.elements)
    }

    @Test("An element is dropped for its place in the matrix alone, past 2³² elements too")
    func dropoutOfManyElements() {
        let mask = DropoutMask(key: 0x1234_5678_9abc_def0, probability: 0.5)
        // One row that begins 296 elements before the 2³²-th, and the same elements as rows of 8.
        let (columns, row) = (1000, UInt64(4_294_967))
        let x = Oracle.tensor(1, columns, seed: 1)
        let out = Tensor(rows: 1, columns: columns)
        mask.forward(out, x, rows: [row])
        let short = Tensor(x.elements, rows: columns / 8, columns: 8)
        let first = row * UInt64(columns) / 8
        let shortRows = (0..<columns / 8).map { first + UInt64($0) }
        let same = Tensor(rows: columns / 8, columns: 8)
        mask.forward(same, short, rows: shortRows)
        #expect(out.elements == same.elements)
        let gradient = Tensor(rows: 1, columns: columns)
        mask.backward(adding: gradient, x, rows: [row])
        #expect(gradient.elements == same.elements)
        // What lies 2³² elements further is drawn anew.
        let further = Tensor(rows: columns / 8, columns: 8)
        mask.forward(further, short, rows: shortRows.map { $0 + (1 << 29) })
        #expect(further.elements != same.elements)
    }

    @Test("Rows are gathered and scattered, repeated places included")
    func gather() {
        let x = Oracle.tensor(6, 300, seed: 1)
        let out = Tensor(rows: 3, columns: 300)
        Elementwise.gatherRows(out, from: x, [4, 0, 4])
        #expect(out.rows(0..<1).elements == x.rows(4..<5).elements)
        let sum = Tensor(rows: 6, columns: 300)
        Elementwise.scatterAddRows(sum, from: out, [1, 5, 1])
        expectClose(sum.rows(1..<2).elements, x.rows(4..<5).elements.map { $0 * 2 }, rtol: 1e-6)
        #expect(sum.rows(0..<1).elements.allSatisfy { $0 == 0 })
    }
}
