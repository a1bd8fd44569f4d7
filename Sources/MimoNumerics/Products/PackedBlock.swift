import CMimoKernels

/// Activations and where they are packed: stripe s holds `[depth][mr]` from `s · depth · mr` on.
struct PackedInput {
    private let elements: UnsafePointer<Float>
    private let stride: Int
    private let isTransposed: Bool
    let depth: Int
    let place: UnsafeMutablePointer<Float>

    init(_ input: SliceInput, at place: UnsafeMutablePointer<Float>) {
        elements = UnsafePointer(input.elements.pointer)
        stride = input.elements.stride
        isTransposed = input.isTransposed
        depth = input.depth
        self.place = place
    }

    /// Packs a stripe of these rows.
    func pack(stripe: Int, rows: Int) {
        let mr = kernels.mr
        let out = place + stripe * mr * depth
        let count = min(mr, rows - stripe * mr)
        if isTransposed {
            kernels.pack_a_transposed(out, elements + stripe * mr, count, depth, stride)
        } else {
            kernels.pack_a(out, elements + stripe * mr * stride, count, depth, stride)
        }
    }
}

/// One pass over the depth of a product's panels: the stored weights, and the packed activations that meet them.
struct PackedPass {
    private let weights: UnsafeRawPointer
    private let type: mimo_dtype
    private let isTransposed: Bool
    private let scale: Float
    private let stride: Int
    /// Bytes of weights from one column to the next.
    private let columnBytes: Int
    /// Its depth.
    let depth: Int
    /// Depth of the panel above it.
    let above: Int
    /// The packed activations' place, that of the first stripe.
    let input: UnsafeMutablePointer<Float>
    /// Floats from one stripe of them to the next.
    let stripe: Int

    init(_ term: ProductTerm, depth: Range<Int>, above: Int, input: UnsafeMutablePointer<Float>, stripe: Int)
    {
        let b = term.b
        stride = b.columns
        let (row, element) = (b.columns * b.type.size, b.type.size)
        columnBytes = term.isTransposed ? row : element
        weights = UnsafeRawPointer(b.pointer) + depth.lowerBound * (term.isTransposed ? element : row)
        (type, isTransposed, scale) = (b.type.kernelType, term.isTransposed, term.scale)
        self.depth = depth.count
        self.above = above
        self.input = input
        self.stripe = stripe
    }

    /// Writes some columns, no more than `nr`, as a panel `[depth][nr]`.
    func pack(_ columns: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        let from = weights + columns.lowerBound * columnBytes
        let pack = isTransposed ? kernels.pack_b_transposed : kernels.pack_b
        pack?(out, from, type, scale, depth, columns.count, stride)
    }
}

/// A product over one block of depth.
struct PackedProduct {
    let c: UnsafeMutablePointer<Float>
    let columns: Int
    let stride: Int
    /// Its passes among those of all products.
    let passes: Range<Int>
    let depth: Int
    let panels: Int
}

/// Products over a block of their depth. Threads that count references to what they share wait for each other, so
/// all of it is addresses; the caller keeps what those lead to.
struct PackedBlock {
    /// Rows of the outputs.
    let rows: Int
    private(set) var products: [PackedProduct] = []
    private(set) var passes: [PackedPass] = []
    private(set) var inputs: [PackedInput] = []

    /// Stripes of packed activations.
    var stripes: Int { (rows + kernels.mr - 1) / kernels.mr }

    /// Finds the activations that the products read, each once, and memory for them.
    ///
    /// - Parameters:
    ///   - products: Outputs, all of the same rows, and what adds up to them.
    ///   - rows: Which of the activations' rows these are.
    ///   - memory: Grows as it is needed, a piece for each of the inputs.
    init(_ products: [(c: Tensor, slices: [DepthSlice])], rows: Range<Int>, memory: inout [TensorStorage]) {
        self.rows = rows.count
        let (mr, nr) = (kernels.mr, kernels.nr)
        var found: [SliceInput] = []
        for (c, slices) in products {
            let (first, columns) = (passes.count, c.columns)
            var above = 0
            for slice in slices {
                let input = slice.input(rows)
                var slot = found.count
                if let known = found.firstIndex(where: { $0.isSame(as: input) }) {
                    slot = known
                } else {
                    found.append(input)
                    if slot == memory.count { memory.append(TensorStorage(byteCount: 64)) }
                    memory[slot] = memory[slot].holding(floats: stripes * mr * input.depth + 64)
                    inputs.append(
                        PackedInput(input, at: memory[slot].base.assumingMemoryBound(to: Float.self))
                    )
                }
                for pass in slice.passes {
                    passes.append(
                        PackedPass(
                            slice.term,
                            depth: pass,
                            above: above,
                            input: inputs[slot].place + (pass.lowerBound - slice.range.lowerBound) * mr,
                            stripe: slice.depth * mr
                        )
                    )
                    above += pass.count
                }
            }
            self.products.append(
                PackedProduct(
                    c: c.pointer,
                    columns: columns,
                    stride: c.stride,
                    passes: first..<passes.count,
                    depth: above,
                    panels: (columns + nr - 1) / nr
                )
            )
        }
    }
}

extension TensorStorage {
    /// Memory for so many floats: itself where it is large enough.
    func holding(floats: Int) -> TensorStorage {
        byteCount >= floats * 4 ? self : TensorStorage(byteCount: floats * 4)
    }
}
