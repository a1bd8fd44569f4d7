import CMimoKernels

extension Gemm {
    /// Bytes of weights that one task streams at most: more would share out unevenly.
    private static let streamBytes = 256 << 10

    /// Few rows: each weight is read once, in its own type, by tasks that take some of an output's columns. An
    /// element's sum does not depend on how the columns are cut.
    func stream(_ products: [Product], accumulate: Bool) {
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
            let c = products[product].c.columns(columns)
            var written = accumulate
            // Terms that are added to what is there come last.
            for term in products[product].terms where term.isTransposed && term.depth > 0 {
                term.stream(c, columns: columns, accumulate: written)
                written = true
            }
            if !written { c.fill(0) }
            for term in products[product].terms where !term.isTransposed && term.depth > 0 {
                term.stream(c, columns: columns, accumulate: true)
            }
        }
    }
}

extension Product {
    /// Whether few rows can be multiplied without packing.
    var isStreamable: Bool { terms.allSatisfy(\.isStreamable) }

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
    fileprivate func stream(_ c: Tensor, columns: Range<Int>, accumulate: Bool) {
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
