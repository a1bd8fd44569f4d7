import CMimoKernels
import MimoTestSupport
import Testing

@testable import MimoNumerics

@Suite struct GemmTests {
    struct Shape: CustomTestStringConvertible {
        var m: Int
        var n: Int
        var k: Int
        var testDescription: String { "\(m)x\(n)x\(k)" }
    }

    static let shapes: [Shape] = [
        .init(m: 1, n: 1, k: 1), .init(m: 1, n: 33, k: 70), .init(m: 3, n: 65, k: 129),
        .init(m: 5, n: 7, k: 3),
        .init(m: 14, n: 32, k: 16), .init(m: 15, n: 33, k: 17), .init(m: 64, n: 40, k: 257),
        .init(m: 130, n: 300, k: 520), .init(m: 0, n: 4, k: 4), .init(m: 6, n: 16, k: 1),
    ]

    @Test(
        "a · weightᵀ equals the sum in double, for every type of weight",
        arguments: shapes,
        ElementType.allCases
    )
    func forward(shape: Shape, type: ElementType) {
        let a = Oracle.tensor(shape.m, shape.k, seed: 1)
        let (weight, values) = stored(shape.n, shape.k, type)
        let c = Oracle.tensor(shape.m, shape.n, seed: 3)
        let before = c.elements
        Gemm().multiply([Product(c, [.forward(a, weight, scale: 0.5)])])
        let expected = product(a.elements, values, shape) { n, k in n * shape.k + k }
        expectClose(c.elements, expected.map { 0.5 * $0 }.floats, rtol: 1e-4, atol: 1e-4)
        let d = Tensor(before, rows: shape.m, columns: shape.n)
        Gemm().multiply([Product(d, [.forward(a, weight)])], accumulate: true)
        expectClose(d.elements, zip(before.doubles, expected).map { $0 + $1 }.floats, rtol: 1e-4, atol: 1e-4)
    }

    @Test(
        "a · weight equals the sum in double, for every type of weight",
        arguments: shapes,
        ElementType.allCases
    )
    func backward(shape: Shape, type: ElementType) {
        let a = Oracle.tensor(shape.m, shape.k, seed: 5)
        let (weight, values) = stored(shape.k, shape.n, type)
        let c = Tensor(rows: shape.m, columns: shape.n)
        Gemm().multiply([Product(c, [.backward(a, weight)])])
        let expected = product(a.elements, values, shape) { n, k in k * shape.n + n }
        expectClose(c.elements, expected.floats, rtol: 1e-4, atol: 1e-4)
    }

    @Test("outputᵀ · input, the gradient of a weight, equals the sum in double", arguments: shapes)
    func weightGradient(shape: Shape) {
        // Windows on wider rows: gradients of joined layers are such.
        let wide = Oracle.tensor(shape.k, shape.m + 3, seed: 7)
        let dOutput = wide.columns(2..<shape.m + 2)
        let input = Oracle.tensor(shape.k, shape.n + 5, seed: 8).columns(1..<shape.n + 1)
        let c = Oracle.tensor(shape.m, shape.n, seed: 9)
        let before = c.elements
        Gemm().multiply([Product(c, [.weightGradient(dOutput, input, scale: 0.5)])], accumulate: true)
        let a = dOutput.elements
        let transposed = (0..<shape.m * shape.k).map { a[$0 % shape.k * shape.m + $0 / shape.k] }
        let expected = product(transposed, input.elements, shape) { n, k in k * shape.n + n }
        expectClose(
            c.elements,
            zip(before.doubles, expected).map { $0 + 0.5 * $1 }.floats,
            rtol: 1e-4,
            atol: 1e-4
        )
    }

    @Test("Several outputs and terms in one call equal one call each", arguments: [2, 30, 100])
    func terms(rows: Int) {
        let (x, h) = (Oracle.tensor(rows, 70, seed: 1), Oracle.tensor(rows, 8, seed: 2))
        let (w, v) = (
            WeightMatrix(Oracle.tensor(90, 70, seed: 3)), WeightMatrix(Oracle.tensor(45, 70, seed: 4))
        )
        let b = WeightMatrix(Oracle.tensor(8, 90, seed: 5))
        let (y, z) = (Tensor(rows: rows, columns: 90), Tensor(rows: rows, columns: 45))
        Gemm().multiply([
            Product(y, [.forward(x, w), .backward(h, b, scale: 2)]), Product(z, [.forward(x, v)]),
        ])
        let (y1, z1) = (Tensor(rows: rows, columns: 90), Tensor(rows: rows, columns: 45))
        Gemm().multiply([Product(y1, [.forward(x, w)])])
        Gemm().multiply([Product(y1, [.backward(h, b, scale: 2)])], accumulate: true)
        Gemm().multiply([Product(z1, [.forward(x, v)])])
        expectClose(y.elements, y1.elements, rtol: 1e-5, atol: 1e-5)
        expectClose(z.elements, z1.elements, rtol: 1e-5, atol: 1e-5)
    }

    @Test("Each panel of each product meets each row in one task", arguments: [1, 2, 7, 16, 64])
    func cut(threads: Int) {
        let weights = [33, 700, 1, 96].map { WeightMatrix(Oracle.tensor($0, 40, seed: 1)) }
        for rows in [17, 100, 1_024] {
            let x = Tensor(rows: rows, columns: 40)
            let blocks = weights.flatMap {
                let product = Product(Tensor(rows: rows, columns: $0.rows), [.forward(x, $0)])
                return ProductBlock.blocks(of: product, rows: 0..<rows, step: 320, blockDepth: 1024)
            }
            let cut = ProductCut(blocks, rows: rows, threads: threads)
            var met = blocks.map { [[Int]](repeating: [Int](repeating: 0, count: rows), count: $0.panels) }
            var groups: [Int: ColumnGroup] = [:]
            for task in 0..<cut.tasks {
                let group = cut.columns(task)
                #expect(group.panels.count * Int(kernels.nr) * 40 <= cut.floats)
                #expect(groups[group.number].map { $0 == group } ?? true)
                groups[group.number] = group
                for panel in group.panels {
                    for row in cut.rows(task) { met[group.product][panel][row] += 1 }
                }
            }
            #expect(met.allSatisfy { $0.allSatisfy { $0.allSatisfy { $0 == 1 } } })
        }
    }

    @Test("Products of several groups, depths and blocks of rows equal narrow ones, to the bit")
    func blocks() {
        // Deeper than a block, wider than a group, more rows than are multiplied at a time.
        let (rows, depth) = (2_060, 1_300)
        let (x, h) = (Oracle.tensor(rows, depth, seed: 1), Oracle.tensor(rows, 4, seed: 2))
        let widths = [1_100, 40, 900]
        let weights = widths.map { WeightMatrix(Oracle.tensor($0, depth, seed: UInt64($0))) }
        let update = WeightMatrix(Oracle.tensor(4, widths[0], seed: 3))
        let outputs = widths.map { Tensor(rows: rows, columns: $0) }
        var products = zip(outputs, weights).map { Product($0, [.forward(x, $1)]) }
        products[0] = Product(outputs[0], [.forward(x, weights[0]), .backward(h, update)])
        Gemm().multiply(products)
        for (index, width) in widths.enumerated() {
            // A few columns of a few rows, alone: what one element is does not depend on what stands beside it.
            let (some, columns) = (2_020..<2_060, width - 37..<width)
            let alone = Tensor(rows: some.count, columns: columns.count)
            let part = Tensor(
                weights[index].widened().rows(columns).elements,
                rows: columns.count,
                columns: depth
            )
            var terms: [ProductTerm] = [.forward(x.rows(some), WeightMatrix(part))]
            if index == 0 {
                let b = Tensor(update.widened().columns(columns).elements, rows: 4, columns: columns.count)
                terms.append(.backward(h.rows(some), WeightMatrix(b)))
            }
            Gemm().multiply([Product(alone, terms)])
            #expect(alone.elements == outputs[index].rows(some).columns(columns).elements)
        }
    }

    @Test(
        "Layers of one input, cut across their borders, equal each of them alone, to the bit",
        arguments: [1, 3, 40]
    )
    func layers(rows: Int) {
        let x = Oracle.tensor(rows, 300, seed: 1)
        let widths = [701, 2, 33, 1, 96]
        let weights = widths.map { WeightMatrix(Oracle.tensor($0, 300, seed: UInt64($0))) }
        let outputs = widths.map { Tensor(rows: rows, columns: $0) }
        let alone = widths.map { Tensor(rows: rows, columns: $0) }
        let gemm = Gemm()
        for accumulate in [false, true, true] {
            gemm.multiply(outputs, x, by: weights, accumulate: accumulate)
            for (output, weight) in zip(alone, weights) {
                gemm.multiply([Product(output, [.forward(x, weight)])], accumulate: accumulate)
            }
            #expect(outputs.map(\.elements) == alone.map(\.elements))
        }
        let narrow = Tensor(rows: rows, columns: 0)
        gemm.multiply([narrow], narrow, by: [WeightMatrix(Tensor(rows: 0, columns: 0))])
        gemm.multiply([alone[0]], narrow, by: [WeightMatrix(Tensor(rows: widths[0], columns: 0))])
        #expect(alone[0].elements.allSatisfy { $0 == 0 })
    }

    @Test("Windows with gaps between their rows are read and written in place")
    func windows() {
        let wide = Oracle.tensor(40, 100, seed: 1)
        let x = wide.columns(10..<60)
        let w = WeightMatrix(Oracle.tensor(20, 50, seed: 2))
        let out = Tensor(rows: 40, columns: 64)
        out.fill(7)
        Gemm().multiply([Product(out.columns(30..<50), [.forward(x, w)])])
        let plain = Tensor(rows: 40, columns: 20)
        Gemm().multiply([Product(plain, [.forward(Tensor(x.elements, rows: 40, columns: 50), w)])])
        #expect(out.columns(30..<50).elements == plain.elements)
        #expect(out.columns(0..<30).elements.allSatisfy { $0 == 7 })
        #expect(out.columns(50..<64).elements.allSatisfy { $0 == 7 })
    }

    private func stored(_ rows: Int, _ columns: Int, _ type: ElementType) -> (WeightMatrix, [Float]) {
        let bytes = Oracle.tensor(rows, columns, seed: 9).narrowed(to: type)
        let storage = TensorStorage(byteCount: bytes.count)
        storage.base.copyMemory(from: bytes, byteCount: bytes.count)
        let weight = WeightMatrix(storage: storage, byteOffset: 0, type: type, rows: rows, columns: columns)
        return (weight, weight.widened().elements)
    }

    private func product(_ a: [Float], _ b: [Float], _ shape: Shape, at: (Int, Int) -> Int) -> [Double] {
        (0..<shape.m * shape.n).map { place in
            (0..<shape.k).reduce(0.0) {
                $0 + Double(a[place / shape.n * shape.k + $1]) * Double(b[at(place % shape.n, $1)])
            }
        }
    }
}
