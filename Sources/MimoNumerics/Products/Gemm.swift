import CMimoKernels

/// Matrix products of float activations with weights in the type of their file.
///
/// Method: Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008). Weights are
/// turned into floats while they are packed, a slab at a time, so no float copy of a weight ever exists; both
/// operands are packed once and shared by all threads. Each element of a result is summed in an order that
/// depends on the shapes alone: any number of threads gives the same bits.
public final class Gemm {
    /// Depth of one pass: a packed column panel of it stays in the first-level cache.
    private static let depthStep = 320
    /// About the depth that is packed at a time.
    private static let blockDepth = 1024
    /// Rows of activations that are packed at a time.
    private static let blockRows = 2048
    /// Bytes of weights that are packed at a time: more for many threads, whose caches are larger together. No
    /// sum depends on it.
    private static var slabBytes: Int { (8 << 20) * max(1, RegionClock.sharers / 4) }
    /// So many tasks at least share a product, where it is large enough. No sum depends on it.
    private static var fewestTasks: Int { max(64, 4 * RegionClock.sharers) }
    /// Up to this many rows the stored weight is streamed past them instead of being packed.
    private static let fewRows = 16
    /// Columns that a task packs or multiplies: they lie side by side in a weight's row, and what they read stays in
    /// the second-level cache.
    private static let taskColumns = 128
    /// Rows that a task multiplies.
    private static let taskRows = 112

    private var packedWeights = TensorStorage(byteCount: 64)
    private var packedInputs: [TensorStorage] = []

    /// A multiplier with scratch memory of its own, for one operation at a time.
    public init() {}

    /// Bytes of scratch memory held.
    public var byteCount: Int { packedInputs.reduce(packedWeights.byteCount) { $0 + $1.byteCount } }

    /// Computes products; inputs that several of them share are packed once.
    ///
    /// - Parameters:
    ///   - products: Outputs with their terms. All outputs have the same number of rows.
    ///   - accumulate: Adds to the outputs instead of overwriting them.
    public func multiply(_ products: [Product], accumulate: Bool = false) {
        guard let rows = products.first?.c.rows, rows > 0 else { return }
        precondition(products.allSatisfy { $0.c.rows == rows })
        if rows <= Self.fewRows, products.allSatisfy(\.isStreamable) {
            return stream(products, accumulate: accumulate)
        }
        let blocks = products.map {
            DepthSlice.blocks(of: $0.terms, step: Self.depthStep, blockDepth: Self.blockDepth)
        }
        for (product, blocks) in zip(products, blocks) where blocks.isEmpty && !accumulate {
            product.c.fill(0)
        }
        for start in Swift.stride(from: 0, to: rows, by: Self.blockRows) {
            let rows = start..<min(rows, start + Self.blockRows)
            for index in 0..<(blocks.map(\.count).max() ?? 0) {
                let present = zip(products, blocks).filter { index < $0.1.count }
                multiplyBlock(
                    present.map { ($0.0.c.rows(rows), $0.1[index]) },
                    rows: rows,
                    accumulate: accumulate || index > 0
                )
            }
        }
    }

    /// Neighbouring panels of a product among those of a slab.
    private struct Segment {
        let product: Int
        let panels: Range<Int>
        /// Where they are packed, in floats.
        let offset: Int
    }

    /// Products over a block of their depth, of which there is one slab of packed weights at a time: two parallel
    /// regions a slab, however many products there are.
    private func multiplyBlock(
        _ products: [(c: Tensor, slices: [DepthSlice])],
        rows: Range<Int>,
        accumulate: Bool
    ) {
        let block = PackedBlock(products, rows: rows, memory: &packedInputs)
        let slabs = slabs(of: block.products)
        let floats = slabs.map { slab in
            slab.reduce(0) { $0 + $1.panels.count * block.products[$1.product].depth * kernels.nr }
        }
        packedWeights = packedWeights.holding(floats: floats.max() ?? 0)
        let weights = packedWeights.base.assumingMemoryBound(to: Float.self)
        withExtendedLifetime(products) {
            for (index, slab) in slabs.enumerated() {
                pack(slab, of: block, into: weights, inputs: index == 0 ? block.inputs.count : 0)
                multiply(slab, of: block, weights: weights, accumulate: accumulate)
            }
        }
    }

    /// Cuts the products' panels into slabs.
    private func slabs(of products: [PackedProduct]) -> [[Segment]] {
        let (limit, fewestPanels) = (Self.slabBytes / 4, 8)
        var slabs: [[Segment]] = [[]]
        var used = 0
        for (index, product) in products.enumerated() {
            let panelFloats = kernels.nr * product.depth
            var first = 0
            while first < product.panels {
                let left = product.panels - first
                let room = max(0, limit - used) / panelFloats
                if room < min(fewestPanels, left), used > 0 {
                    slabs.append([])
                    used = 0
                    continue
                }
                let count = min(left, max(room, fewestPanels))
                slabs[slabs.count - 1].append(
                    Segment(product: index, panels: first..<first + count, offset: used)
                )
                used += count * panelFloats
                first += count
            }
        }
        return slabs
    }

    /// Packs a slab of weights and, behind it, so many of the activations.
    private func pack(
        _ slab: [Segment],
        of block: PackedBlock,
        into weights: UnsafeMutablePointer<Float>,
        inputs: Int
    ) {
        let nr = kernels.nr
        // Neighbouring panels are packed together, as long as there are tasks enough.
        let cut = TaskCut(slab.count, atLeast: 2 * Self.fewestTasks, largest: max(1, Self.taskColumns / nr)) {
            segment,
            group in
            (slab[segment].panels.count + group - 1) / group
                * block.products[slab[segment].product].passes.count
        }
        let stripes = block.stripes
        parallelFor(.packing, cut.count + stripes * inputs, inShares: true) { task, _ in
            guard task < cut.count else {
                let task = task - cut.count
                return block.inputs[task / stripes].pack(stripe: task % stripes, rows: block.rows)
            }
            let (index, local) = cut.locate(task)
            let segment = slab[index]
            let product = block.products[segment.product]
            let pass = block.passes[product.passes.lowerBound + local % product.passes.count]
            let first = local / product.passes.count * cut.group
            for panel in first..<min(segment.panels.count, first + cut.group) {
                let column = (segment.panels.lowerBound + panel) * nr
                pass.pack(
                    column..<min(product.columns, column + nr),
                    into: weights + segment.offset + (panel * product.depth + pass.above) * nr
                )
            }
        }
    }

    /// Multiplies all activations with a slab of weights.
    private func multiply(
        _ slab: [Segment],
        of block: PackedBlock,
        weights: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        let (mr, nr) = (kernels.mr, kernels.nr)
        let panelGroup = max(1, Self.taskColumns / nr)
        let stripes = block.stripes
        let panelGroups = { (segment: Int) in (slab[segment].panels.count + panelGroup - 1) / panelGroup }
        let cut = TaskCut(slab.count, atLeast: Self.fewestTasks, largest: max(1, Self.taskRows / mr)) {
            segment,
            stripeGroup in
            panelGroups(segment) * ((stripes + stripeGroup - 1) / stripeGroup)
        }
        let stripeGroups = (stripes + cut.group - 1) / cut.group
        parallelFor(.products, cut.count, inShares: true) { task, _ in
            let (index, local) = cut.locate(task)
            let segment = slab[index]
            let product = block.products[segment.product]
            let panel = local / stripeGroups * panelGroup
            let stripe = local % stripeGroups * cut.group
            let row = stripe * mr
            let column = (segment.panels.lowerBound + panel) * nr
            let width = min(panelGroup, segment.panels.count - panel) * nr
            for number in product.passes {
                let pass = block.passes[number]
                kernels.multiply_packed(
                    product.c + row * product.stride + column,
                    pass.input + stripe * pass.stripe,
                    weights + segment.offset + (panel * product.depth + pass.above) * nr,
                    min(block.rows - row, cut.group * mr),
                    min(product.columns - column, width),
                    pass.depth,
                    product.stride,
                    pass.stripe,
                    nr * product.depth,
                    accumulate || pass.above > 0 ? 1 : 0
                )
            }
        }
    }
}

/// Tasks of several parts of work, numbered one after the other.
private struct TaskCut {
    /// How many units of a part one task takes.
    let group: Int
    /// Where each part's tasks end.
    private let ends: [Int]

    /// Halves the group from the largest on until there are `fewest` tasks.
    init(_ parts: Int, atLeast fewest: Int, largest: Int, count: (_ part: Int, _ group: Int) -> Int) {
        func tasks(_ group: Int) -> Int { (0..<parts).reduce(0) { $0 + count($1, group) } }
        var group = largest
        while group > 1, tasks(group) < fewest { group /= 2 }
        self.group = group
        var end = 0
        ends = (0..<parts).map { part in
            end += count(part, group)
            return end
        }
    }

    /// Number of tasks.
    var count: Int { ends.last ?? 0 }

    /// The part that a task belongs to, and its number there.
    func locate(_ task: Int) -> (part: Int, task: Int) {
        var part = 0
        while task >= ends[part] { part += 1 }
        return (part, part == 0 ? task : task - ends[part - 1])
    }
}
