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

    /// One pass over the depth of a panel: where its operands lie among what is packed.
    private struct PackedPass {
        let term: ProductTerm
        let depth: Range<Int>
        /// Depth of the panel above it.
        let above: Int
        /// The packed activations' place, that of the first stripe.
        let input: UnsafeMutablePointer<Float>
        /// Floats from one stripe of them to the next.
        let stripe: Int
    }

    /// A product over one block of depth.
    private struct PackedProduct {
        let c: Tensor
        let passes: [PackedPass]
        let depth: Int
        let panels: Int
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
        let (inputs, packed) = layOut(products, rows: rows)
        let slabs = slabs(of: packed)
        let floats = slabs.map { slab in
            slab.reduce(0) { $0 + $1.panels.count * packed[$1.product].depth * kernels.nr }
        }
        Self.reserve(&packedWeights, floats: floats.max() ?? 0)
        let weights = packedWeights.base.assumingMemoryBound(to: Float.self)
        for (index, slab) in slabs.enumerated() {
            pack(slab, of: packed, into: weights, inputs: index == 0 ? inputs : [])
            multiply(slab, of: packed, weights: weights, accumulate: accumulate)
        }
    }

    /// Activations and where they are packed: stripe s holds `[depth][mr]` from `s · depth · mr` on.
    private typealias PackedInput = (input: SliceInput, place: UnsafeMutablePointer<Float>)

    /// Finds the activations that the products read, each once, and memory for them.
    private func layOut(_ products: [(c: Tensor, slices: [DepthSlice])], rows: Range<Int>)
        -> (inputs: [PackedInput], products: [PackedProduct])
    {
        let (mr, nr) = (kernels.mr, kernels.nr)
        let stripes = (rows.count + mr - 1) / mr
        var inputs: [SliceInput] = []
        let slots = products.map { product in
            product.slices.map { slice in
                let input = slice.input(rows)
                if let found = inputs.firstIndex(where: { $0.isSame(as: input) }) { return found }
                inputs.append(input)
                return inputs.count - 1
            }
        }
        while packedInputs.count < inputs.count { packedInputs.append(TensorStorage(byteCount: 64)) }
        for (slot, input) in inputs.enumerated() {
            Self.reserve(&packedInputs[slot], floats: stripes * mr * input.depth + 64)
        }
        let places = packedInputs.map { $0.base.assumingMemoryBound(to: Float.self) }
        let packed = zip(products, slots).map { product, slots in
            var above = 0
            var passes: [PackedPass] = []
            for (slice, slot) in zip(product.slices, slots) {
                for pass in slice.passes {
                    passes.append(
                        PackedPass(
                            term: slice.term,
                            depth: pass,
                            above: above,
                            input: places[slot] + (pass.lowerBound - slice.range.lowerBound) * mr,
                            stripe: slice.depth * mr
                        )
                    )
                    above += pass.count
                }
            }
            let panels = (product.c.columns + nr - 1) / nr
            return PackedProduct(c: product.c, passes: passes, depth: above, panels: panels)
        }
        return (zip(inputs, places).map { ($0, $1) }, packed)
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

    /// Packs a slab of weights and, beside it, activations.
    private func pack(
        _ slab: [Segment],
        of products: [PackedProduct],
        into weights: UnsafeMutablePointer<Float>,
        inputs: [PackedInput]
    ) {
        let (mr, nr) = (kernels.mr, kernels.nr)
        // Neighbouring panels are packed together, as long as there are tasks enough.
        let cut = TaskCut(slab.count, atLeast: 2 * Self.fewestTasks, largest: max(1, Self.taskColumns / nr)) {
            segment,
            group in
            (slab[segment].panels.count + group - 1) / group * products[slab[segment].product].passes.count
        }
        let rows = products.first?.c.rows ?? 0
        let stripes = (rows + mr - 1) / mr
        parallelFor(.packing, cut.count + stripes * inputs.count) { task, _ in
            guard task < cut.count else {
                let task = task - cut.count
                return Self.packStripe(inputs[task / stripes], stripe: task % stripes, rows: rows)
            }
            let (index, local) = cut.locate(task)
            let segment = slab[index]
            let product = products[segment.product]
            let pass = product.passes[local % product.passes.count]
            let first = local / product.passes.count * cut.group
            for panel in first..<min(segment.panels.count, first + cut.group) {
                let column = (segment.panels.lowerBound + panel) * nr
                Self.packPanel(
                    weights + segment.offset + (panel * product.depth + pass.above) * nr,
                    pass.term,
                    depth: pass.depth,
                    columns: column..<min(product.c.columns, column + nr)
                )
            }
        }
    }

    /// Multiplies all activations with a slab of weights.
    private func multiply(
        _ slab: [Segment],
        of products: [PackedProduct],
        weights: UnsafeMutablePointer<Float>,
        accumulate: Bool
    ) {
        let (mr, nr) = (kernels.mr, kernels.nr)
        let panelGroup = max(1, Self.taskColumns / nr)
        let rows = products.first?.c.rows ?? 0
        let stripes = (rows + mr - 1) / mr
        let panelGroups = { (segment: Int) in (slab[segment].panels.count + panelGroup - 1) / panelGroup }
        let cut = TaskCut(slab.count, atLeast: Self.fewestTasks, largest: max(1, Self.taskRows / mr)) {
            segment,
            stripeGroup in
            panelGroups(segment) * ((stripes + stripeGroup - 1) / stripeGroup)
        }
        let stripeGroups = (stripes + cut.group - 1) / cut.group
        parallelFor(.products, cut.count) { task, _ in
            let (index, local) = cut.locate(task)
            let segment = slab[index]
            let product = products[segment.product]
            let panel = local / stripeGroups * panelGroup
            let stripe = local % stripeGroups * cut.group
            let row = stripe * mr
            let column = (segment.panels.lowerBound + panel) * nr
            let width = min(panelGroup, segment.panels.count - panel) * nr
            let c = product.c
            for (number, pass) in product.passes.enumerated() {
                kernels.multiply_packed(
                    c.pointer + row * c.stride + column,
                    pass.input + stripe * pass.stripe,
                    weights + segment.offset + (panel * product.depth + pass.above) * nr,
                    min(rows - row, cut.group * mr),
                    min(c.columns - column, width),
                    pass.depth.count,
                    c.stride,
                    pass.stripe,
                    nr * product.depth,
                    accumulate || number > 0 ? 1 : 0
                )
            }
        }
    }

    private static func packStripe(_ packed: PackedInput, stripe: Int, rows: Int) {
        let (mr, a) = (kernels.mr, packed.input.elements)
        let out = packed.place + stripe * mr * packed.input.depth
        let count = min(mr, rows - stripe * mr)
        if packed.input.isTransposed {
            kernels.pack_a_transposed(out, a.pointer + stripe * mr, count, packed.input.depth, a.stride)
        } else {
            kernels.pack_a(out, a.pointer + stripe * mr * a.stride, count, packed.input.depth, a.stride)
        }
    }

    /// Writes some of the depth of a column panel, `[depth][nr]`.
    private static func packPanel(
        _ out: UnsafeMutablePointer<Float>,
        _ term: ProductTerm,
        depth: Range<Int>,
        columns: Range<Int>
    ) {
        let (b, type) = (term.b, term.b.type)
        let (row, column) = term.isTransposed ? (columns, depth) : (depth, columns)
        let from = b.pointer + (row.lowerBound * b.columns + column.lowerBound) * type.size
        let pack = term.isTransposed ? kernels.pack_b_transposed : kernels.pack_b
        pack?(out, from, type.kernelType, term.scale, depth.count, columns.count, b.columns)
    }

    private static func reserve(_ storage: inout TensorStorage, floats: Int) {
        if storage.byteCount < floats * 4 { storage = TensorStorage(byteCount: floats * 4) }
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
