import CMimoKernels

/// One term of a matrix product: `a · b`, `a · bᵀ` or `aᵀ · b`, times a scale.
public struct ProductTerm {
    let a: Tensor
    let b: WeightMatrix
    let isTransposed: Bool
    let scale: Float
    /// Whether the rows of the product are the columns of `a`.
    var isInputTransposed = false

    /// `a [m, k] · weight [n, k]ᵀ`: a linear layer forward.
    public static func forward(_ a: Tensor, _ weight: WeightMatrix, scale: Float = 1) -> ProductTerm {
        precondition(a.columns == weight.columns)
        return ProductTerm(a: a, b: weight, isTransposed: true, scale: scale)
    }

    /// `a [m, k] · weight [k, n]`: the gradient of a linear layer's input.
    public static func backward(_ a: Tensor, _ weight: WeightMatrix, scale: Float = 1) -> ProductTerm {
        precondition(a.columns == weight.rows)
        return ProductTerm(a: a, b: weight, isTransposed: false, scale: scale)
    }

    /// `dOutput [k, m]ᵀ · input [k, n]`: the gradient of a linear layer's weight, `[m, n]`.
    public static func weightGradient(_ dOutput: Tensor, _ input: Tensor, scale: Float = 1) -> ProductTerm {
        precondition(dOutput.rows == input.rows)
        return ProductTerm(
            a: dOutput,
            b: WeightMatrix(input),
            isTransposed: false,
            scale: scale,
            isInputTransposed: true
        )
    }

    var rows: Int { isInputTransposed ? a.columns : a.rows }
    var depth: Int { isInputTransposed ? a.rows : a.columns }
    var width: Int { isTransposed ? b.rows : b.columns }
}

extension Product {
    /// Bytes of stored weights that its terms read.
    fileprivate var streamedBytes: Int {
        terms.reduce(0) { $0 + ($1.isTransposed ? $1.b.byteRange.count : 0) }
    }
}

extension ProductTerm {
    /// Whether few rows can be multiplied without packing: by rows of a stored weight, or by the up projection of
    /// a low-rank update.
    fileprivate var isStreamable: Bool {
        !isInputTransposed && (isTransposed || (b.type == .f32 && depth <= 256))
    }

    /// `c (+)=` some columns of this term, for few rows.
    fileprivate func stream(_ c: Tensor, rows: Range<Int>, columns: Range<Int>, accumulate: Bool) {
        let a = a.rows(rows)
        guard isTransposed else {
            return kernels.project_up(
                c.pointer,
                a.pointer,
                b.pointer.assumingMemoryBound(to: Float.self) + columns.lowerBound,
                scale,
                c.rows,
                c.columns,
                depth,
                c.stride,
                a.stride,
                b.columns
            )
        }
        // A scaled copy of so few rows costs less than scaling in the kernel.
        let scaled = scale == 1 ? a : Tensor(a.elements.map { $0 * scale }, rows: a.rows, columns: a.columns)
        kernels.multiply_vectors(
            c.pointer,
            scaled.pointer,
            b.pointer + columns.lowerBound * b.columns * b.type.size,
            b.type.kernelType,
            c.rows,
            c.columns,
            depth,
            c.stride,
            scaled.stride,
            b.columns,
            accumulate ? 1 : 0
        )
    }
}

/// One output of ``Gemm/multiply(_:accumulate:)``: the sum of its terms.
public struct Product {
    let c: Tensor
    let terms: [ProductTerm]

    /// `c [m, n] = Σ terms`.
    public init(_ c: Tensor, _ terms: [ProductTerm]) {
        precondition(terms.allSatisfy { $0.rows == c.rows && $0.width == c.columns })
        self.c = c
        self.terms = terms
    }
}

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
    /// Bytes of weights that are packed at a time: more for many threads, whose caches are larger together. No
    /// sum depends on it.
    private static var slabBytes: Int { (8 << 20) * max(1, RegionClock.sharers / 4) }
    /// So many tasks at least share a product, where it is large enough. No sum depends on it.
    private static var fewestTasks: Int { max(64, 4 * RegionClock.sharers) }
    /// Rows of activations that are packed at a time.
    private static let blockRows = 2048
    /// Up to this many rows the stored weight is streamed past them instead of being packed.
    private static let fewRows = 16
    /// Bytes of weights that one task streams at most: more would share out unevenly.
    private static let streamBytes = 256 << 10

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
        for start in Swift.stride(from: 0, to: rows, by: Self.blockRows) {
            multiply(products, rows: start..<min(rows, start + Self.blockRows), accumulate: accumulate)
        }
    }

    private func multiply(_ products: [Product], rows: Range<Int>, accumulate: Bool) {
        if rows.count <= Self.fewRows, products.flatMap(\.terms).allSatisfy(\.isStreamable) {
            stream(products, rows: rows, accumulate: accumulate)
            return
        }
        let blocks = products.map { Self.blocks(of: $0.terms) }
        for product in zip(products, blocks) where product.1.isEmpty && !accumulate {
            product.0.c.rows(rows).fill(0)
        }
        for index in 0..<(blocks.map(\.count).max() ?? 0) {
            let present = zip(products, blocks).filter { index < $0.1.count }.map { ($0.0, $0.1[index]) }
            let slots = pack(present.map(\.1), rows: rows)
            for ((product, slices), slots) in zip(present, slots) {
                multiplySlabs(
                    product.c.rows(rows),
                    slices,
                    slots: slots,
                    accumulate: accumulate || index > 0
                )
            }
        }
    }

    /// Some of the depth of a term, in passes of about ``depthStep``.
    private struct Slice {
        let term: ProductTerm
        var passes: [Range<Int>]

        var range: Range<Int> { (passes.first?.lowerBound ?? 0)..<(passes.last?.upperBound ?? 0) }
        var depth: Int { range.count }
        /// The activations that it reads for some rows of the product.
        func input(_ rows: Range<Int>) -> Input {
            let isTransposed = term.isInputTransposed
            return Input(
                elements: isTransposed ? term.a.rows(range).columns(rows) : term.a.columns(range).rows(rows),
                isTransposed: isTransposed
            )
        }
    }

    /// Activations as they lie in memory: `[rows, depth]`, or `[depth, rows]`.
    private struct Input {
        let elements: Tensor
        let isTransposed: Bool

        var depth: Int { isTransposed ? elements.rows : elements.columns }

        func isSame(as other: Input) -> Bool {
            isTransposed == other.isTransposed && elements.isSame(as: other.elements)
        }
    }

    /// Cuts the depth of a sum into blocks of about ``blockDepth``: what is packed of one is still in the cache
    /// when it is multiplied. Short terms join the block before them.
    private static func blocks(of terms: [ProductTerm]) -> [[Slice]] {
        var blocks: [[Slice]] = []
        var depth = 0
        for term in terms where term.depth > 0 {
            let count = (term.depth + depthStep - 1) / depthStep
            for pass in 0..<count {
                let range = pass * term.depth / count..<(pass + 1) * term.depth / count
                if blocks.isEmpty || depth + range.count > blockDepth + depthStep / 4 {
                    blocks.append([])
                    depth = 0
                }
                depth += range.count
                let last = blocks.count - 1
                if pass > 0, let slice = blocks[last].indices.last {
                    blocks[last][slice].passes.append(range)
                } else {
                    blocks[last].append(Slice(term: term, passes: [range]))
                }
            }
        }
        return blocks
    }

    /// Packs the activations that the slices of some products read, each once.
    ///
    /// Stripe s of a slot holds `[depth][mr]` from `s * depth * mr` on.
    ///
    /// - Returns: The slot of each slice of each product.
    private func pack(_ products: [[Slice]], rows: Range<Int>) -> [[Int]] {
        let mr = kernels.mr
        var inputs: [Input] = []
        let slots = products.map { slices in
            slices.map { slice in
                let input = slice.input(rows)
                if let found = inputs.firstIndex(where: { $0.isSame(as: input) }) { return found }
                inputs.append(input)
                return inputs.count - 1
            }
        }
        let stripes = (rows.count + mr - 1) / mr
        while packedInputs.count < inputs.count { packedInputs.append(TensorStorage(byteCount: 64)) }
        for (slot, input) in inputs.enumerated() {
            Self.reserve(&packedInputs[slot], floats: stripes * mr * input.depth + 64)
        }
        let outputs = packedInputs.map { $0.base.assumingMemoryBound(to: Float.self) }
        parallelFor(.packing, stripes * inputs.count) { task, _ in
            let (input, stripe) = (inputs[task / stripes], task % stripes)
            let (out, a) = (outputs[task / stripes] + stripe * mr * input.depth, input.elements)
            let count = min(mr, rows.count - stripe * mr)
            if input.isTransposed {
                kernels.pack_a_transposed(out, a.pointer + stripe * mr, count, input.depth, a.stride)
            } else {
                kernels.pack_a(out, a.pointer + stripe * mr * a.stride, count, input.depth, a.stride)
            }
        }
        return slots
    }

    private func multiplySlabs(_ c: Tensor, _ slices: [Slice], slots: [Int], accumulate: Bool) {
        let (mr, nr) = (kernels.mr, kernels.nr)
        let fewestTasks = Self.fewestTasks
        let depth = slices.reduce(0) { $0 + $1.depth }
        let panels = (c.columns + nr - 1) / nr
        let slab = max(8, Self.slabBytes / 4 / max(1, depth * nr))
        var above = 0
        let parts = slices.flatMap { slice in
            slice.passes.map { pass in
                defer { above += pass.count }
                return (term: slice.term, range: pass, above: above)
            }
        }
        let stripes = (c.rows + mr - 1) / mr
        Self.reserve(&packedWeights, floats: min(slab, panels) * nr * depth)
        let weights = packedWeights.base.assumingMemoryBound(to: Float.self)
        for first in Swift.stride(from: 0, to: panels, by: slab) {
            let slabPanels = min(slab, panels - first)
            // Neighbouring panels are packed together, as long as there are tasks enough: their columns of a
            // weight's row lie side by side.
            var packGroup = max(1, 128 / nr)
            while packGroup > 1, (slabPanels + packGroup - 1) / packGroup * parts.count < 2 * fewestTasks {
                packGroup /= 2
            }
            let packGroups = (slabPanels + packGroup - 1) / packGroup
            parallelFor(.packing, packGroups * parts.count) { task, _ in
                let part = parts[task % parts.count]
                let panel = task / parts.count * packGroup
                for panel in panel..<min(slabPanels, panel + packGroup) {
                    let column = (first + panel) * nr
                    Self.packPanel(
                        weights + panel * nr * depth + part.above * nr,
                        part.term,
                        depth: part.range,
                        columns: column..<min(c.columns, column + nr)
                    )
                }
            }
            let panelGroup = max(1, 128 / nr)
            let panelGroups = (slabPanels + panelGroup - 1) / panelGroup
            // Tasks of about 100 rows by 128 columns: what one reads stays in the second-level cache.
            var stripeGroup = max(1, 112 / mr)
            while stripeGroup > 1, panelGroups * ((stripes + stripeGroup - 1) / stripeGroup) < fewestTasks {
                stripeGroup /= 2
            }
            let stripeGroups = (stripes + stripeGroup - 1) / stripeGroup
            parallelFor(.products, panelGroups * stripeGroups) { task, _ in
                let panel = task / stripeGroups * panelGroup
                let stripe = task % stripeGroups * stripeGroup
                let column = (first + panel) * nr
                let row = stripe * mr
                self.multiplyTask(
                    c.rows(row..<min(c.rows, row + stripeGroup * mr))
                        .columns(column..<min(c.columns, column + min(panelGroup, slabPanels - panel) * nr)),
                    slices,
                    slots: slots,
                    stripe: stripe,
                    weights: weights + panel * nr * depth,
                    depth: depth,
                    accumulate: accumulate
                )
            }
        }
    }

    private func multiplyTask(
        _ c: Tensor,
        _ slices: [Slice],
        slots: [Int],
        stripe: Int,
        weights: UnsafeMutablePointer<Float>,
        depth: Int,
        accumulate: Bool
    ) {
        let (mr, nr) = (kernels.mr, kernels.nr)
        var written = accumulate
        var weights = weights
        for (slice, slot) in zip(slices, slots) {
            var input =
                packedInputs[slot].base.assumingMemoryBound(to: Float.self) + stripe * mr * slice.depth
            for pass in slice.passes {
                kernels.multiply_packed(
                    c.pointer,
                    input,
                    weights,
                    c.rows,
                    c.columns,
                    pass.count,
                    c.stride,
                    mr * slice.depth,
                    nr * depth,
                    written ? 1 : 0
                )
                input += pass.count * mr
                weights += pass.count * nr
                written = true
            }
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
        if term.isTransposed {
            kernels.pack_b_transposed(
                out,
                b.pointer + (columns.lowerBound * b.columns + depth.lowerBound) * type.size,
                type.kernelType,
                term.scale,
                depth.count,
                columns.count,
                b.columns
            )
        } else {
            kernels.pack_b(
                out,
                b.pointer + (depth.lowerBound * b.columns + columns.lowerBound) * type.size,
                type.kernelType,
                term.scale,
                depth.count,
                columns.count,
                b.columns
            )
        }
    }

    /// Few rows: each weight is read once, in its own type, by tasks that take some of an output's columns. An
    /// element's sum does not depend on how the columns are cut.
    private func stream(_ products: [Product], rows: Range<Int>, accumulate: Bool) {
        let total = products.reduce(0) { $0 + $1.streamedBytes }
        let bytes = max(1, min(Self.streamBytes, total / (2 * Compute.threads)))
        var tasks: [(product: Int, columns: Range<Int>)] = []
        for (index, product) in products.enumerated() {
            let columns = product.c.columns
            let parts = max(1, min((product.streamedBytes + bytes / 2) / bytes, columns / 16))
            for part in 0..<parts {
                // Cut at whole blocks of the kernel's rows.
                let (start, end) = (columns * part / parts / 4 * 4, columns * (part + 1) / parts / 4 * 4)
                tasks.append((index, start..<(part + 1 == parts ? columns : end)))
            }
        }
        parallelFor(.products, tasks.count) { index, _ in
            let (product, columns) = tasks[index]
            let c = products[product].c.rows(rows).columns(columns)
            var written = accumulate
            // Terms that are added to what is there come last.
            for term in products[product].terms where term.isTransposed && term.depth > 0 {
                term.stream(c, rows: rows, columns: columns, accumulate: written)
                written = true
            }
            if !written { c.fill(0) }
            for term in products[product].terms where !term.isTransposed && term.depth > 0 {
                term.stream(c, rows: rows, columns: columns, accumulate: true)
            }
        }
    }

    private static func reserve(_ storage: inout TensorStorage, floats: Int) {
        if storage.byteCount < floats * 4 { storage = TensorStorage(byteCount: floats * 4) }
    }
}
