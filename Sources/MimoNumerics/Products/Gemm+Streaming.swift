extension Gemm {
    /// Bytes of weights that a task streams at least: claiming it must not show.
    private static let leastStreamBytes = 16 << 10

    /// Tasks of each thread, so that one which is late leaves some to the others.
    private static let streamTasks = 4

    /// Few rows: each weight is read once, in its own type, by tasks that take some of an output's columns. An
    /// element's sum does not depend on how the columns are cut. Each thread reads a range of its own, one stream
    /// that the processor sees coming: a tenth faster than taking turns.
    func stream(_ products: [Product], accumulate: Bool) {
        let total = products.reduce(0) { $0 + $1.streamedBytes }
        let bytes = max(Self.leastStreamBytes, total / (Self.streamTasks * Compute.threads))
        var scaledInputs: [Tensor] = []
        var terms: [StreamedTerm] = []
        var tasks: [StreamedColumns] = []
        tasks.reserveCapacity(2 * Self.streamTasks * Compute.threads)
        for product in products {
            let first = terms.count
            terms += product.streamedTerms(accumulate: accumulate, &scaledInputs)
            let columns = product.c.columns
            let parts = max(1, min((product.streamedBytes + bytes / 2) / bytes, columns / 16))
            for part in 0..<parts {
                // Cut at whole blocks of the kernel's rows.
                let (start, end) = (columns * part / parts / 4 * 4, columns * (part + 1) / parts / 4 * 4)
                let range = start..<(part + 1 == parts ? columns : end)
                tasks.append(StreamedColumns(terms: first..<terms.count, columns: range))
            }
        }
        // Threads that count references to what they share wait for each other, so they are given addresses.
        withExtendedLifetime((products, scaledInputs)) {
            terms.withUnsafeBufferPointer { terms in
                tasks.withUnsafeBufferPointer { tasks in
                    parallelFor(.products, tasks.count, inShares: true) { index, _ in
                        let isLast = isLastOfShare(index, of: tasks.count)
                        let next = isLast ? nil : tasks[index + 1].weights(terms)
                        tasks[index].run(terms, next: next)
                    }
                }
            }
        }
    }
}

/// A task of streaming: some columns of a product, of all of its terms.
private struct StreamedColumns {
    let terms: Range<Int>
    let columns: Range<Int>

    /// Where the weights begin that it reads first.
    func weights(_ all: UnsafeBufferPointer<StreamedTerm>) -> UnsafeRawPointer? {
        terms.isEmpty ? nil : all[terms.lowerBound].columns(columns).weights
    }

    /// Computes it; `next`, if known, is read afterwards and fetched ahead.
    func run(_ all: UnsafeBufferPointer<StreamedTerm>, next: UnsafeRawPointer?) {
        for term in terms { all[term].columns(columns).run(next: next) }
    }
}

extension Product {
    /// Whether few rows can be multiplied without packing.
    var isStreamable: Bool { terms.allSatisfy(\.isStreamable) }

    /// Its terms in the order in which they are run: those that are added to what is there come last, behind
    /// something that writes. A scaled copy of few rows, which the caller keeps, costs less than scaling in the kernel.
    fileprivate func streamedTerms(accumulate: Bool, _ scaledInputs: inout [Tensor]) -> [StreamedTerm] {
        var streamed: [StreamedTerm] = []
        for term in terms where term.isTransposed && term.depth > 0 {
            var input = term.a
            if term.scale != 1 {
                input = Tensor(
                    term.a.elements.map { $0 * term.scale },
                    rows: term.a.rows,
                    columns: term.a.columns
                )
                scaledInputs.append(input)
            }
            streamed.append(StreamedTerm(c, input, term.b, accumulates: accumulate || !streamed.isEmpty))
        }
        if streamed.isEmpty && !accumulate { c.fill(0) }
        for term in terms where !term.isTransposed && term.depth > 0 {
            streamed.append(StreamedTerm(c, term.a, up: term.b, scale: term.scale))
        }
        return streamed
    }

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
}
