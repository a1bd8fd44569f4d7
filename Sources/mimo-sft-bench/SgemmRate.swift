import MimoModel
import MimoNumerics

/// How fast OpenBLAS multiplies the matrices that a model's training needs, in floats, on the same threads: the
/// limit that a trainer built on it could not pass.
struct SgemmRate {
    /// `[rows, k] · [k, n]`
    struct Shape {
        let n: Int
        let k: Int
        let isTransposed: Bool
        let count: Int
    }

    let shapes: [Shape]
    let rows: Int

    /// The products of the blocks' frozen weights, forward and backward: q, k and v as one, gate and up as one.
    init(_ config: ModelConfig, rows: Int) {
        let qkv = config.querySize + 2 * config.keyValueSize
        let sizes = [
            (config.hiddenSize, qkv), (config.querySize, config.hiddenSize),
            (config.hiddenSize, 2 * config.intermediateSize), (config.intermediateSize, config.hiddenSize),
        ]
        shapes = sizes.flatMap { inputs, outputs in
            [
                Shape(n: outputs, k: inputs, isTransposed: true, count: config.layerCount),
                Shape(n: inputs, k: outputs, isTransposed: false, count: config.layerCount),
            ]
        }
        self.rows = rows
    }

    /// How a shape's time is taken.
    func timing(of shape: Shape, repeats: Int, isCold: Bool = false) -> MachineLimits.ProductTiming {
        MachineLimits.ProductTiming(
            m: rows,
            n: shape.n,
            k: shape.k,
            isTransposed: shape.isTransposed,
            repeats: repeats,
            isCold: isCold
        )
    }

    /// Floating-point operations per second over all of them, each weighted by how often it occurs.
    func measure(repeats: Int = 5) -> Double {
        var (operations, seconds) = (0.0, 0.0)
        for shape in shapes {
            let time = MachineLimits.sgemmSeconds(timing(of: shape, repeats: repeats))
            operations += 2 * Double(rows * shape.n) * Double(shape.k) * Double(shape.count)
            seconds += time * Double(shape.count)
        }
        return operations / seconds
    }
}
