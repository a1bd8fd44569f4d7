import CMimoKernels

/// Matrix products of float activations with weights in the type of their file.
///
/// Method: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008), without its packing of
/// the activations, which are read where they lie. Each thread turns the weights into floats while it packs some
/// columns of them for itself, right before it multiplies: they stay in its own cache, and no float copy of a weight
/// ever exists. Each element of a result is summed in an order that depends on the shapes alone: any number of
/// threads gives the same bits.
public final class Gemm {
    /// Depth of one pass: a packed column panel of it stays in the first-level cache.
    private static let depthStep = 320
    /// About the depth that is packed at a time.
    private static let blockDepth = 1024
    /// Rows that are multiplied at a time: what is read again for each group of columns is still in the cache.
    private static let blockRows = 2048
    /// Up to this many rows the stored weight is streamed past them instead of being packed.
    private static let fewRows = 16

    private var packedWeights = TensorStorage(byteCount: 64)
    private var packedTags = TensorStorage(byteCount: 64)
    private var streamed = StreamedProducts()
    /// How often products were multiplied so far.
    private var count = 0

    /// A multiplier with scratch memory of its own, for one operation at a time.
    public init() {}

    /// Bytes of scratch memory held.
    public var byteCount: Int { packedWeights.byteCount + packedTags.byteCount }

    /// Computes products, in one parallel region for each block of their depth and of their rows.
    ///
    /// - Parameters:
    ///   - products: Outputs with their terms. All outputs have the same number of rows.
    ///   - accumulate: Adds to the outputs instead of overwriting them.
    public func multiply(_ products: [Product], accumulate: Bool = false) {
        guard let rows = products.first?.c.rows, rows > 0 else { return }
        precondition(products.allSatisfy { $0.c.rows == rows })
        if rows <= Self.fewRows, products.allSatisfy(\.isStreamable) {
            return streamed.run(products, accumulate: accumulate)
        }
        if !accumulate {
            for product in products where product.terms.allSatisfy({ $0.depth == 0 }) { product.c.fill(0) }
        }
        for start in Swift.stride(from: 0, to: rows, by: Self.blockRows) {
            let range = start..<min(rows, start + Self.blockRows)
            let blocks = products.map {
                ProductBlock.blocks(of: $0, rows: range, step: Self.depthStep, blockDepth: Self.blockDepth)
            }
            withExtendedLifetime(products) {
                for index in 0..<(blocks.map(\.count).max() ?? 0) {
                    let present = blocks.compactMap { index < $0.count ? $0[index] : nil }
                    multiply(present, rows: range.count, accumulate: accumulate || index > 0)
                }
            }
        }
    }

    /// Linear layers of one input, `outputs[i] (+)= input · weights[i]ᵀ`.
    ///
    /// - Parameters:
    ///   - outputs: `[rows, out_i]`
    ///   - input: `[rows, in]`
    ///   - weights: `[out_i, in]`
    ///   - accumulate: Adds to the outputs instead of overwriting them.
    public func multiply(
        _ outputs: [Tensor],
        _ input: Tensor,
        by weights: [WeightMatrix],
        accumulate: Bool = false
    ) {
        precondition(outputs.count == weights.count)
        guard (1...Self.fewRows).contains(input.rows), input.columns > 0 else {
            return multiply(
                zip(outputs, weights).map { Product($0, [.forward(input, $1)]) },
                accumulate: accumulate
            )
        }
        streamed.run(outputs, input, by: weights, accumulate: accumulate)
    }

    /// Multiplies blocks of depth of products that have so many rows.
    private func multiply(_ products: [ProductBlock], rows: Int, accumulate: Bool) {
        let threads = RegionClock.sharers
        let cut = ProductCut(products, rows: rows, threads: threads)
        count += 1
        let packed = PackedColumns(
            group: cut.floats,
            workers: threads,
            products: count,
            weights: &packedWeights,
            tags: &packedTags
        )
        parallelFor(.products, cut.tasks, workers: threads, inShares: true) { task, worker in
            let group = cut.columns(task)
            let product = products[group.product]
            let weights = packed.packed(group, of: product, worker: worker)
            product.multiply(group.panels, weights, rows: cut.rows(task), accumulate: accumulate)
        }
    }
}
