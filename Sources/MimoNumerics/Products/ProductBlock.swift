import CMimoKernels

/// One pass over the depth of a product: the stored weights, and the activations that meet them.
struct ProductPass {
    private let weights: UnsafeRawPointer
    private let type: mimo_dtype
    private let isTransposed: Bool
    private let scale: Float
    private let stride: Int
    /// Bytes of weights from one column to the next.
    private let columnBytes: Int
    private let input: UnsafePointer<Float>
    /// Floats from one row of the activations to the next.
    private let inputRow: Int
    /// Floats from one step of their depth to the next.
    private let inputDepth: Int
    /// Its depth.
    let depth: Int
    /// Depth of the panel above it.
    let above: Int

    init(_ term: ProductTerm, depth: Range<Int>, rows: Range<Int>, above: Int) {
        let (a, b) = (term.a, term.b)
        stride = b.stride
        let (row, element) = (b.stride * b.type.size, b.type.size)
        columnBytes = term.isTransposed ? row : element
        weights = UnsafeRawPointer(b.pointer) + depth.lowerBound * (term.isTransposed ? element : row)
        (type, isTransposed, scale) = (b.type.kernelType, term.isTransposed, term.scale)
        (inputRow, inputDepth) = term.isInputTransposed ? (1, a.stride) : (a.stride, 1)
        input = UnsafePointer(a.pointer) + rows.lowerBound * inputRow + depth.lowerBound * inputDepth
        self.depth = depth.count
        self.above = above
    }

    /// Writes some columns of the weights, no more than `nr`, as a panel `[depth][nr]`.
    func pack(_ columns: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        let from = weights + columns.lowerBound * columnBytes
        let pack = isTransposed ? kernels.pack_b_transposed : kernels.pack_b
        pack?(out, from, type, scale, depth, columns.count, stride)
    }

    /// `c [rows, columns] (+)=` some rows of the activations times packed weights, whose panels are `panel` floats
    /// apart; rows of `c` are `stride` apart.
    func multiply(
        _ c: UnsafeMutablePointer<Float>,
        stride: Int,
        rows: Range<Int>,
        columns: Int,
        _ weights: UnsafePointer<Float>,
        panel: Int,
        accumulate: Bool
    ) {
        kernels.multiply_packed(
            c,
            input + rows.lowerBound * inputRow,
            weights,
            rows.count,
            columns,
            depth,
            stride,
            inputRow,
            inputDepth,
            panel,
            accumulate ? 1 : 0
        )
    }
}

/// A product over one block of its depth, as addresses; the caller keeps what those lead to.
struct ProductBlock {
    private let c: UnsafeMutablePointer<Float>
    private let columns: Int
    private let stride: Int
    private let passes: [ProductPass]
    /// Depth of all passes.
    let depth: Int
    /// Number of its column panels.
    let panels: Int

    /// Cuts the depth of a product into passes of about `step`, and those into blocks of about `blockDepth`: what is
    /// packed of one is still in the cache when it is multiplied. Short terms join the block before them.
    static func blocks(of product: Product, rows: Range<Int>, step: Int, blockDepth: Int) -> [ProductBlock] {
        var blocks: [ProductBlock] = []
        var passes: [ProductPass] = []
        var depth = 0
        for term in product.terms where term.depth > 0 {
            let count = (term.depth + step - 1) / step
            for pass in 0..<count {
                let range = pass * term.depth / count..<(pass + 1) * term.depth / count
                if depth > 0, depth + range.count > blockDepth + step / 4 {
                    blocks.append(ProductBlock(product.c, passes, rows: rows, depth: depth))
                    passes.removeAll()
                    depth = 0
                }
                passes.append(ProductPass(term, depth: range, rows: rows, above: depth))
                depth += range.count
            }
        }
        if depth > 0 { blocks.append(ProductBlock(product.c, passes, rows: rows, depth: depth)) }
        return blocks
    }

    private init(_ c: Tensor, _ passes: [ProductPass], rows: Range<Int>, depth: Int) {
        (self.passes, self.depth) = (passes, depth)
        self.c = c.pointer + rows.lowerBound * c.stride
        (columns, stride) = (c.columns, c.stride)
        panels = (columns + kernels.nr - 1) / kernels.nr
    }

    /// Writes the weights of some panels one after the other, each as deep as the block.
    func pack(_ panels: Range<Int>, into out: UnsafeMutablePointer<Float>) {
        let nr = kernels.nr
        for pass in passes {
            for (place, panel) in panels.enumerated() {
                pass.pack(
                    panel * nr..<min(columns, (panel + 1) * nr),
                    into: out + (place * depth + pass.above) * nr
                )
            }
        }
    }

    /// Multiplies rows of the activations with the packed weights of some panels.
    func multiply(_ panels: Range<Int>, _ weights: UnsafePointer<Float>, rows: Range<Int>, accumulate: Bool) {
        let nr = kernels.nr
        let first = panels.lowerBound * nr
        for pass in passes {
            pass.multiply(
                c + rows.lowerBound * stride + first,
                stride: stride,
                rows: rows,
                columns: min(columns, panels.upperBound * nr) - first,
                weights + pass.above * nr,
                panel: nr * depth,
                accumulate: accumulate || pass.above > 0
            )
        }
    }
}
