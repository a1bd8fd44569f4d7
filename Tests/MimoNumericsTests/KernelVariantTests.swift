import CMimoKernels
import Foundation
import MimoTestSupport
import Testing

@testable import MimoNumerics

/// Every instruction set's kernels against plain sums; those that this processor lacks are left out.
@Suite struct KernelVariantTests {
    static let names: [String] = ["baseline", "avx2", "avx512"].filter { mimo_kernels_named($0) != nil }

    private func table(_ name: String) throws -> mimo_kernels {
        try #require(mimo_kernels_named(name)).pointee
    }

    @Test(
        "Products with packed weights equal plain sums, whichever way the activations lie",
        arguments: names
    )
    func products(name: String) throws {
        let kernels = try table(name)
        let (mr, nr) = (kernels.mr, kernels.nr)
        let shapes = [(1, 1, 1), (mr, nr, 40), (mr + 1, nr + 3, 33), (3 * mr - 1, 2 * nr + 5, 165)]
        for (m, n, k) in shapes + (1...mr).map({ ($0, nr, 100) }) {
            let a = Oracle.tensor(m, k, seed: 1)
            let b = Oracle.tensor(n, k, seed: 2)
            let panels = (n + nr - 1) / nr
            let packedB = Tensor(rows: panels, columns: nr * k)
            let straightB = Tensor(rows: panels, columns: nr * k)
            let turnedB = Tensor(rows: k, columns: n)
            LowRank.transpose(turnedB, b)
            for p in 0..<panels {
                let columns = min(nr, n - p * nr)
                kernels.pack_b_transposed(
                    packedB.pointer + p * nr * k,
                    b.pointer + p * nr * k,
                    MIMO_F32,
                    1,
                    k,
                    columns,
                    k
                )
                kernels.pack_b(
                    straightB.pointer + p * nr * k,
                    turnedB.pointer + p * nr,
                    MIMO_F32,
                    1,
                    k,
                    columns,
                    n
                )
            }
            #expect(packedB.elements == straightB.elements)
            let expected = (0..<m * n).map { place in
                (0..<k).reduce(0.0) { $0 + Double(a[place / n, $1]) * Double(b[place % n, $1]) }
            }
            let turnedA = Tensor(rows: k, columns: m)
            LowRank.transpose(turnedA, a)
            let c = Tensor(rows: m, columns: n)
            kernels.multiply_packed(c.pointer, a.pointer, packedB.pointer, m, n, k, n, k, 1, nr * k, 0)
            expectClose(c.elements, expected.floats, rtol: 1e-5, atol: 1e-5, "\(name) \(m)x\(n)x\(k)")
            let turned = Tensor(rows: m, columns: n)
            kernels.multiply_packed(
                turned.pointer,
                turnedA.pointer,
                packedB.pointer,
                m,
                n,
                k,
                n,
                1,
                m,
                nr * k,
                0
            )
            #expect(turned.elements == c.elements)
        }
    }

    @Test(
        "Every half and bfloat16 value widens and narrows to itself; other floats round to nearest even",
        arguments: names
    )
    func conversions(name: String) throws {
        let kernels = try table(name)
        for type in [MIMO_F16, MIMO_BF16] {
            let all = (0...UInt16.max).map { $0 }
            var wide = [Float](repeating: 0, count: all.count)
            var back = [UInt16](repeating: 0, count: all.count)
            kernels.widen(&wide, all, type, all.count)
            kernels.narrow(&back, wide, type, wide.count)
            // As packing widens them, by registers.
            var packed = wide
            let panel = kernels.nr
            packed.withUnsafeMutableBufferPointer { packed in
                for start in stride(from: 0, to: all.count, by: panel) {
                    all[start..<start + panel].withUnsafeBufferPointer { row in
                        kernels.pack_b(
                            packed.baseAddress.map { $0 + start },
                            row.baseAddress,
                            type,
                            1,
                            1,
                            panel,
                            panel
                        )
                    }
                }
            }
            #expect(zip(packed, wide).allSatisfy { $0.isNaN ? $1.isNaN : $0 == $1 && $0.sign == $1.sign })
            for (index, value) in all.enumerated() where !wide[index].isNaN {
                #expect(back[index] == value, "\(name) \(type) \(value)")
            }
            #expect(
                zip(wide, back).allSatisfy { !$0.isNaN || $1 & 0x7fff > (type == MIMO_F16 ? 0x7c00 : 0x7f80) }
            )
            if type == MIMO_F16 {
                #if !arch(x86_64)
                for (index, value) in all.enumerated() where !wide[index].isNaN {
                    #expect(Float(Float16(bitPattern: value)) == wide[index])
                }
                #endif
                #expect(
                    wide[0x3c00] == 1 && wide[0x7bff] == 65504 && wide[1] == 0x1p-24
                        && wide[0x7c00] == .infinity
                )
            }
        }
        // Halfway between two bfloat16 values: the even one. Just above: the upper one.
        let floats: [Float] = [1 + 0x1p-8, 1 + 3 * 0x1p-8, 1 + 0x1p-8 + 0x1p-20, -1 - 0x1p-8]
        var narrow = [UInt16](repeating: 0, count: 4)
        kernels.narrow(&narrow, floats, MIMO_BF16, 4)
        #expect(narrow == [0x3f80, 0x3f82, 0x3f81, 0xbf80])
        let halves: [Float] = [1 + 0x1p-11, 1 + 3 * 0x1p-11, 65520, 0x1p-25, 0x1p-25 + 0x1p-40]
        narrow = [UInt16](repeating: 0, count: 5)
        kernels.narrow(&narrow, halves, MIMO_F16, 5)
        #expect(narrow == [0x3c00, 0x3c02, 0x7c00, 0, 1])
    }

    @Test("LoRA's skinny products equal plain sums", arguments: names)
    func skinny(name: String) throws {
        let kernels = try table(name)
        for (t, r, k) in [(1, 1, 1), (5, 3, 17), (9, 8, 64), (33, 13, 131)] {
            let (x, a) = (Oracle.tensor(t, k, seed: 1), Oracle.tensor(r, k, seed: 2))
            let h = Tensor(rows: t, columns: r)
            kernels.project_down(h.pointer, x.pointer, a.pointer, 0.5, t, r, k, r, k, k)
            let down = (0..<t * r).map { place in
                0.5 * (0..<k).reduce(0.0) { $0 + Double(x[place / r, $1]) * Double(a[place % r, $1]) }
            }
            expectClose(h.elements, down.floats, rtol: 1e-5, atol: 1e-5)
            let dA = Tensor(a.elements, rows: r, columns: k)
            kernels.accumulate_outer(dA.pointer, h.pointer, x.pointer, 2, t, r, k, k, r, k)
            let outer = (0..<r * k).map { place in
                Double(a[place / k, place % k])
                    + 2 * (0..<t).reduce(0.0) { $0 + Double(h[$1, place / k]) * Double(x[$1, place % k]) }
            }
            expectClose(dA.elements, outer.floats, rtol: 1e-5, atol: 1e-5)
        }
    }

    @Test("Cross entropy is right to double's noise over a large vocabulary", arguments: names)
    func crossEntropy(name: String) throws {
        let kernels = try table(name)
        for count in [1, 7, 513, 49152] {
            var logits = Oracle.numbers(count, seed: 4, scale: 8)
            let label = count / 3
            let top = logits.max() ?? 0
            let total = logits.reduce(0.0) { $0 + exp(Double($1) - Double(top)) }
            let expected = log(total) + Double(top) - Double(logits[label])
            let gradient = logits.enumerated().map { index, logit in
                0.25 * (exp(Double(logit) - Double(top)) / total - (index == label ? 1 : 0))
            }
            let best = logits.firstIndex(of: top) ?? 0
            var argmax = -1
            let loss = kernels.cross_entropy(&logits, &argmax, label, 0.25, 1, count)
            #expect(abs(loss - expected) < 2e-6, "\(name) \(count)")
            #expect(argmax == best)
            expectClose(logits, gradient.floats, rtol: 1e-5, atol: 1e-9)
        }
    }

    @Test("The first of the highest is found in rows of any length, and what is no number", arguments: names)
    func argmax(name: String) throws {
        let kernels = try table(name)
        for count in [1, 5, 64, 130, 1027] {
            for place in [0, count / 3, count / 2, count - 1] {
                var row = Oracle.numbers(count, seed: UInt64(count))
                row[place] = 50
                row[count - 1] = 50
                #expect(kernels.argmax(row, count) == place, "\(count)")
                row[0] = -.infinity
                let next = place > 0 ? place : count > 1 ? count - 1 : -1
                #expect(kernels.argmax(row, count) == next, "\(count)")
                for value in [Float.nan, .infinity] {
                    row[place] = value
                    #expect(kernels.argmax(row, count) == -1, "\(count)")
                }
            }
        }
        #expect(kernels.argmax([], 0) == -1)
        #expect(kernels.argmax([Float](repeating: -.infinity, count: 70), 70) == -1)
    }

    @Test("Cross entropy of what is no number is none", arguments: names, [Float.nan, .infinity])
    func brokenCrossEntropy(name: String, value: Float) throws {
        let kernels = try table(name)
        for (count, place) in [(3, 0), (3, 2), (700, 0), (700, 500), (700, 699)] {
            var logits = Oracle.numbers(count, seed: 4)
            logits[place] = value
            var argmax = -1
            #expect(kernels.cross_entropy(&logits, &argmax, 1, 1, 1, count).isNaN)
        }
    }

    @Test("The gated activation and its backward equal the formulas", arguments: names)
    func swiglu(name: String) throws {
        let kernels = try table(name)
        let count = 1003
        let (gate, up) = (Oracle.numbers(count, seed: 1, scale: 30), Oracle.numbers(count, seed: 2, scale: 3))
        let dOut = Oracle.numbers(count, seed: 3)
        var out = [Float](repeating: 0, count: count)
        kernels.swiglu_forward(&out, gate, up, count)
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        expectClose(
            out,
            zip(gate.doubles, up.doubles).map { $0 * sigmoid($0) * $1 }.floats,
            rtol: 2e-6,
            atol: 1e-9
        )
        var (dGate, dUp) = (out, out)
        kernels.swiglu_backward(&dGate, &dUp, dOut, gate, up, count)
        expectClose(
            dUp,
            zip(dOut.doubles, gate.doubles).map { $0 * $1 * sigmoid($1) }.floats,
            rtol: 2e-6,
            atol: 1e-9
        )
        let expected = (0..<count).map { index -> Double in
            let (g, s) = (Double(gate[index]), sigmoid(Double(gate[index])))
            return Double(dOut[index]) * Double(up[index]) * s * (1 + g * (1 - s))
        }
        expectClose(dGate, expected.floats, rtol: 1e-5, atol: 1e-6)
    }

    @Test("Extreme gates neither overflow nor become NaN", arguments: names)
    func extremes(name: String) throws {
        let kernels = try table(name)
        let gate: [Float] = [-1e30, -200, -88, 0, 88, 200, 1e30]
        let up = [Float](repeating: 1, count: 7)
        var out = [Float](repeating: 0, count: 7)
        kernels.swiglu_forward(&out, gate, up, 7)
        #expect(out.allSatisfy { $0.isFinite })
        #expect(out[4...].elementsEqual(gate[4...]))
    }

    @Test("AdamW takes PyTorch's step", arguments: names)
    func adamw(name: String) throws {
        let kernels = try table(name)
        let count = 37
        let start = Oracle.numbers(count, seed: 1)
        var (p, m, v) = (start, [Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
        var (dp, dm, dv) = (
            start.doubles, [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
        )
        for step in 1...3 {
            let g = Oracle.numbers(count, seed: UInt64(step + 10))
            let (c1, c2) = (1 - pow(0.9, Double(step)), (1 - pow(0.95, Double(step))).squareRoot())
            kernels.adamw(&p, &m, &v, g, 0.5, 1e-2, 0.9, 0.95, 1e-8, 0.1, c1, c2, count)
            for i in 0..<count {
                let gradient = Double(g[i]) * 0.5
                dp[i] *= 1 - 1e-2 * 0.1
                dm[i] = 0.9 * dm[i] + 0.1 * gradient
                dv[i] = 0.95 * dv[i] + 0.05 * gradient * gradient
                dp[i] -= 1e-2 * (dm[i] / c1) / (dv[i].squareRoot() / c2 + 1e-8)
            }
        }
        expectClose(p, dp.floats, rtol: 1e-5, atol: 1e-6)
    }
}
