import Testing

@testable import MimoNumerics

/// Slow and plain versions in double, against which the kernels are held.
enum Oracle {
    /// Numbers that look random, the same on every run.
    static func numbers(_ count: Int, seed: UInt64, scale: Double = 1) -> [Float] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Float((Double(state >> 11) / Double(1 << 53) - 0.5) * 2 * scale)
        }
    }

    static func tensor(_ rows: Int, _ columns: Int, seed: UInt64, scale: Double = 1) -> Tensor {
        Tensor(numbers(rows * columns, seed: seed, scale: scale), rows: rows, columns: columns)
    }

    /// The gradient of `f` at `x` by central differences, in double.
    static func gradient(_ x: [Double], step: Double = 1e-5, _ f: ([Double]) -> Double) -> [Double] {
        x.indices.map { index in
            var (up, down) = (x, x)
            up[index] += step
            down[index] -= step
            return (f(up) - f(down)) / (2 * step)
        }
    }

    /// A Σ over the products of two vectors: a scalar to differentiate.
    static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
}

extension [Float] {
    var doubles: [Double] { map(Double.init) }
}

extension [Double] {
    var floats: [Float] { map { Float($0) } }
}
