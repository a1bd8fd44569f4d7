import CMimoKernels

/// Products of few rows, as tasks that take some of an output's columns: each weight is read once, in its own type. An
/// element's sum does not depend on how the columns are cut. Each thread reads a range of its own, in streams that the
/// processor sees coming.
///
/// A token has a hundred of these, so what describes them is kept and its memory used again.
struct StreamedProducts {
    /// An output, and where its weights lie among those of all outputs, one behind the other.
    private struct Output {
        let terms: Range<Int>
        let columns: Int
        let bytes: Range<Int>
    }

    private var terms: [StreamedTerm] = []
    private var outputs: [Output] = []

    /// Computes products, all of them streamable.
    mutating func run(_ products: [Product], accumulate: Bool) {
        clear()
        var scaledInputs: [Tensor] = []
        for product in products { add(product, accumulate: accumulate, &scaledInputs) }
        withExtendedLifetime((products, scaledInputs)) { run() }
    }

    /// `outputs[i] (+)= input · weights[i]ᵀ`.
    mutating func run(_ outputs: [Tensor], _ input: Tensor, by weights: [WeightMatrix], accumulate: Bool) {
        clear()
        for (output, weight) in zip(outputs, weights) {
            precondition(output.rows == input.rows && output.columns == weight.rows)
            precondition(input.columns == weight.columns)
            let first = terms.count
            terms.append(StreamedTerm(output, input, weight, accumulates: accumulate))
            add(first, columns: output.columns, bytes: weight.byteRange.count)
        }
        withExtendedLifetime((outputs, input, weights)) { run() }
    }

    private mutating func clear() {
        terms.removeAll(keepingCapacity: true)
        outputs.removeAll(keepingCapacity: true)
    }

    /// Adds a product's terms in the order in which they are run: those that are added to what is there come last,
    /// behind something that writes. A scaled copy of few rows costs less than scaling in the kernel.
    private mutating func add(_ product: Product, accumulate: Bool, _ scaledInputs: inout [Tensor]) {
        let (c, first) = (product.c, terms.count)
        var bytes = 0
        for term in product.terms where term.isTransposed && term.depth > 0 {
            var input = term.a
            if term.scale != 1 {
                input = Tensor(
                    term.a.elements.map { $0 * term.scale },
                    rows: term.a.rows,
                    columns: term.a.columns
                )
                scaledInputs.append(input)
            }
            terms.append(StreamedTerm(c, input, term.b, accumulates: accumulate || terms.count > first))
            bytes += term.b.byteRange.count
        }
        if terms.count == first && !accumulate { c.fill(0) }
        for term in product.terms where !term.isTransposed && term.depth > 0 {
            terms.append(StreamedTerm(c, term.a, up: term.b, scale: term.scale))
            bytes += term.b.byteRange.count
        }
        add(first, columns: c.columns, bytes: bytes)
    }

    private mutating func add(_ first: Int, columns: Int, bytes: Int) {
        guard bytes > 0, columns > 0 else { return }
        let start = outputs.last?.bytes.upperBound ?? 0
        outputs.append(Output(terms: first..<terms.count, columns: columns, bytes: start..<start + bytes))
    }

    /// Runs what was added.
    private mutating func run() {
        guard let total = outputs.last?.bytes.upperBound else { return }
        let cut = StreamCut(bytes: total, threads: RegionClock.sharers)
        terms.withUnsafeBufferPointer { terms in
            outputs.withUnsafeBufferPointer { outputs in
                parallelFor(.products, cut.tasks, Tasks(terms: terms, outputs: outputs, cut: cut))
            }
        }
    }

    private struct Tasks: RegionTasks {
        let terms: UnsafeBufferPointer<StreamedTerm>
        let outputs: UnsafeBufferPointer<Output>
        let cut: StreamCut

        static let body: @convention(c) (UnsafeMutableRawPointer?, Int32) -> Void = {
            runTasks(Self.self, $0, $1)
        }

        func run(_ index: Int) {
            for output in outputs {
                let columns = cut.columns(of: index, columns: output.columns, bytes: output.bytes)
                guard let columns else { continue }
                for term in terms[output.terms] { term.run(columns) }
            }
        }
    }
}

extension Product {
    /// Whether few rows can be multiplied without packing.
    var isStreamable: Bool { terms.allSatisfy(\.isStreamable) }
}

extension ProductTerm {
    /// Whether few rows can be multiplied without packing: by rows of a stored weight, or by the up projection of
    /// a low-rank update.
    fileprivate var isStreamable: Bool {
        !isInputTransposed && (isTransposed || (b.type == .f32 && depth <= 256))
    }
}
