import MimoNumerics

/// Linears that read the same input, forward and backward in one call each, so that it is read while it is cached.
struct LinearGroup {
    /// What forward keeps of one update for the backward.
    struct SavedUpdate {
        /// A · dropout(x), `[T, r]`.
        let h: Tensor
        /// The outputs before DoRA's factors, `[T, out]`; nil without them.
        let unscaled: Tensor?
    }

    /// What forward keeps for the backward, of each linear that has an update.
    typealias Saved = [SavedUpdate?]

    var linears: [AdaptedLinear] {
        didSet { bare = BareLinears(linears) }
    }
    let layer: Int
    let site: LinearSite
    /// What forward needs where no linear has an update. Generation asks for it a hundred times a token, and an adapted
    /// linear, which an update makes ten times as large, would be copied each time.
    private var bare: BareLinears?

    private struct BareLinears {
        let weights: [WeightMatrix]
        let biases: [Tensor?]
        let saved: Saved

        init?(_ linears: [AdaptedLinear]) {
            guard linears.allSatisfy({ $0.update == nil }) else { return nil }
            weights = linears.map(\.weight)
            biases = linears.map(\.bias)
            saved = linears.map { _ in nil }
        }
    }

    /// A group of one block's linears.
    init(linears: [AdaptedLinear], layer: Int, site: LinearSite) {
        self.linears = linears
        self.layer = layer
        self.site = site
        bare = BareLinears(linears)
    }

    /// Some of the linears.
    func only(_ range: Range<Int>) -> LinearGroup {
        LinearGroup(linears: Array(linears[range]), layer: layer, site: site)
    }

    /// Whether anything here has a gradient, or may have one.
    var isTrained: Bool { linears.contains(where: \.isTrained) }

    /// Outputs of one row, of one of the linears.
    func outputs(_ index: Int) -> Int { linears[index].outputs }

    /// Writes (or adds, for a residual) the outputs.
    func forward(
        _ outputs: [Tensor],
        _ input: Tensor,
        dropout: DropoutPlan?,
        accumulate: Bool = false,
        memory: PassMemory
    ) -> Saved {
        if let bare {
            memory.gemm.multiply(outputs, input, by: bare.weights, accumulate: accumulate)
            for (output, bias) in zip(outputs, bare.biases) {
                if let bias { Elementwise.addBias(output, bias) }
            }
            return bare.saved
        }
        let mark = memory.scratch.mark
        defer { memory.scratch.release(to: mark) }
        let (saved, dropped) = project(input, dropout, memory)
        var products: [Product] = []
        for (index, linear) in linears.enumerated() {
            guard let update = linear.update, let saved = saved[index] else {
                products.append(Product(outputs[index], [.forward(input, linear.weight)]))
                continue
            }
            guard saved.unscaled == nil else { continue }
            let terms = [.forward(input, linear.weight), Self.added(by: update, saved)]
            products.append(Product(outputs[index], terms + initialTerms(update, input, memory)))
        }
        memory.gemm.multiply(products, accumulate: accumulate)
        multiplyUnscaled(saved, dropped: dropped, memory.gemm)
        scaleOutputs(outputs, saved, input, dropped: dropped, accumulate: accumulate, memory: memory)
        for (linear, output) in zip(linears, outputs) {
            if let bias = linear.bias { Elementwise.addBias(output, bias) }
        }
        return saved
    }

    /// What ``forward(_:_:dropout:accumulate:memory:)`` keeps, formed again where nobody asks for the outputs: the
    /// weights are read for DoRA's updates only.
    func save(_ input: Tensor, dropout: DropoutPlan?, memory: PassMemory) -> Saved {
        if let bare { return bare.saved }
        let mark = memory.scratch.mark
        defer { memory.scratch.release(to: mark) }
        let (saved, dropped) = project(input, dropout, memory)
        multiplyUnscaled(saved, dropped: dropped, memory.gemm)
        return saved
    }

    /// Forms A · dropout(x) of each update, and makes room for what comes before DoRA's factors; the dropped input
    /// is in scratch memory, where there is one.
    private func project(_ input: Tensor, _ dropout: DropoutPlan?, _ memory: PassMemory)
        -> (saved: Saved, dropped: Tensor)
    {
        let saved = linears.map { linear in
            linear.update.map { update in
                SavedUpdate(
                    h: memory.kept.tensor(rows: input.rows, columns: update.rank),
                    unscaled: update.magnitude.map { _ in
                        memory.kept.tensor(rows: input.rows, columns: linear.outputs)
                    }
                )
            }
        }
        let dropped = dropped(input, dropout, memory.scratch)
        let projected = zip(linears, saved).compactMap { linear, saved -> (h: Tensor, a: Tensor)? in
            guard let update = linear.update, let saved else { return nil }
            return (saved.h, update.a)
        }
        LowRank.run([LowRank.Projection(projected, of: dropped)])
        return (saved, dropped)
    }

    /// The outputs of DoRA's layers before their factors.
    private func multiplyUnscaled(_ saved: Saved, dropped: Tensor, _ gemm: Gemm) {
        gemm.multiply(
            zip(linears, saved).compactMap { linear, saved in
                guard let update = linear.update, let saved, let z = saved.unscaled else { return nil }
                return Product(z, [.forward(dropped, linear.weight), Self.added(by: update, saved)])
            }
        )
    }

    /// scale · B · A · dropout(x)
    private static func added(by update: LowRankUpdate, _ saved: SavedUpdate) -> ProductTerm {
        .backward(saved.h, WeightMatrix(update.bTransposed), scale: update.scale)
    }

    /// Accumulates the gradients of what is trained and, where `dInput` is given, writes that of the input.
    func backward(
        _ dInput: Tensor?,
        dOutputs: [Tensor],
        _ input: Tensor,
        saved: Saved,
        dropout: DropoutPlan?,
        memory: PassMemory
    ) {
        let (gemm, arena) = (memory.gemm, memory.scratch)
        let mark = arena.mark
        defer { arena.release(to: mark) }
        let isDropping = isDropping(dropout)
        let scaled = scaleBack(dOutputs, saved: saved, arena: arena)
        let projected = projectBack(scaled, saved: saved, arena: arena)
        accumulateA(projected, input, dropout: dropout, arena: arena)
        accumulateBase(dOutputs, input, gemm)
        guard let dInput else { return }
        var terms = zip(linears, isDropping ? dOutputs : scaled).map { ProductTerm.backward($1, $0.weight) }
        var updates: [ProductTerm] = []
        for (index, linear) in linears.enumerated() {
            guard let update = linear.update, let g = projected[index] else { continue }
            updates.append(.backward(g, WeightMatrix(update.a)))
            if let initial = update.initial {
                let g = arena.tensor(rows: dInput.rows, columns: update.rank)
                LowRank.run([
                    LowRank.Projection([(g, initial.bTransposed)], of: dOutputs[index], scale: -update.scale)
                ])
                terms.append(.backward(g, WeightMatrix(initial.a)))
            }
            if isDropping, let magnitude = update.magnitude {
                // y = W (x - dropped) + factors · (W + update) dropped: the dropped input's own share of W.
                let d = arena.tensor(rows: dInput.rows, columns: linear.outputs)
                ColumnScale.apply(d, dOutputs[index], by: magnitude.factors, less: 1)
                updates.append(.backward(d, linear.weight))
            }
        }
        guard isDropping, let dropout, !updates.isEmpty else {
            gemm.multiply([Product(dInput, terms + updates)])
            return
        }
        gemm.multiply([Product(dInput, terms)])
        let throughUpdates = arena.tensor(rows: dInput.rows, columns: dInput.columns)
        gemm.multiply([Product(throughUpdates, updates)])
        dropout.mask(layer: layer, site: site).backward(adding: dInput, throughUpdates, rows: dropout.tokens)
    }

    /// What PiSSA takes off the layer: -scale · B₀ · A₀ · x.
    private func initialTerms(_ update: LowRankUpdate, _ input: Tensor, _ memory: PassMemory) -> [ProductTerm]
    {
        guard let initial = update.initial else { return [] }
        let h = memory.scratch.tensor(rows: input.rows, columns: update.rank)
        LowRank.run([LowRank.Projection([(h, initial.a)], of: input)])
        return [.backward(h, WeightMatrix(initial.bTransposed), scale: -update.scale)]
    }

    /// DoRA: y (+)= factors · z, and W (x - dropped) where the input was dropped, as the layer itself is not.
    private func scaleOutputs(
        _ outputs: [Tensor],
        _ saved: Saved,
        _ input: Tensor,
        dropped: Tensor,
        accumulate: Bool,
        memory: PassMemory
    ) {
        var products: [Product] = []
        var rest: Tensor?
        for (index, linear) in linears.enumerated() {
            guard let magnitude = linear.update?.magnitude, let z = saved[index]?.unscaled else { continue }
            ColumnScale.apply(outputs[index], z, by: magnitude.factors, accumulate: accumulate)
            guard !dropped.isSame(as: input) else { continue }
            if rest == nil {
                let difference = memory.scratch.tensor(rows: input.rows, columns: input.columns)
                Elementwise.subtract(difference, input, dropped)
                rest = difference
            }
            if let rest { products.append(Product(outputs[index], [.forward(rest, linear.weight)])) }
        }
        memory.gemm.multiply(products, accumulate: true)
    }

    /// The gradients of the outputs before DoRA's factors; accumulates the gradients of the magnitudes.
    private func scaleBack(_ dOutputs: [Tensor], saved: Saved, arena: Arena) -> [Tensor] {
        dOutputs.enumerated().map { index, dOutput in
            guard let magnitude = linears[index].update?.magnitude, let z = saved[index]?.unscaled else {
                return dOutput
            }
            magnitude.accumulate(dOutput, z, scratch: arena)
            let scaled = arena.tensor(rows: dOutput.rows, columns: dOutput.columns)
            ColumnScale.apply(scaled, dOutput, by: magnitude.factors)
            return scaled
        }
    }

    /// g = scale · dY · B of each linear, `[T, r]`; accumulates the gradient of B on the way.
    private func projectBack(_ dOutputs: [Tensor], saved: Saved, arena: Arena) -> [Tensor?] {
        var projections: [LowRank.Projection] = []
        var sums: [LowRank.OuterSum] = []
        let projected = zip(zip(linears, dOutputs), saved).map { pair, saved -> Tensor? in
            let (linear, dOutput) = pair
            guard let update = linear.update, let saved else { return nil }
            let g = arena.tensor(rows: dOutput.rows, columns: update.rank)
            let scale = update.scale
            projections.append(LowRank.Projection([(g, update.bTransposed)], of: dOutput, scale: scale))
            if let gradient = update.gradientB {
                sums.append(LowRank.OuterSum([(gradient, saved.h)], of: dOutput, scale: scale))
            }
            return g
        }
        LowRank.run(projections, sums)
        return projected
    }

    /// dA += gᵀ · dropout(x).
    private func accumulateA(_ projected: [Tensor?], _ input: Tensor, dropout: DropoutPlan?, arena: Arena) {
        let mark = arena.mark
        let dropped = dropped(input, dropout, arena)
        let sums = zip(linears, projected).compactMap { linear, g -> (dA: Tensor, g: Tensor)? in
            guard let gradient = linear.update?.gradientA, let g else { return nil }
            return (gradient, g)
        }
        LowRank.run([], [LowRank.OuterSum(sums, of: dropped)])
        arena.release(to: mark)
    }

    /// dW += dYᵀ · x, db += Σ dY, where the layers themselves are trained.
    private func accumulateBase(_ dOutputs: [Tensor], _ input: Tensor, _ gemm: Gemm) {
        for (linear, dOutput) in zip(linears, dOutputs) {
            if let gradient = linear.weightGradient {
                gemm.multiply([Product(gradient, [.weightGradient(dOutput, input)])], accumulate: true)
            }
            if let gradient = linear.biasGradient { ColumnSums.accumulate(gradient, dOutput) }
        }
    }

    private func isDropping(_ dropout: DropoutPlan?) -> Bool {
        (dropout?.probability ?? 0) > 0 && linears.contains { $0.update != nil }
    }

    private func dropped(_ input: Tensor, _ dropout: DropoutPlan?, _ arena: Arena) -> Tensor {
        guard isDropping(dropout), let dropout else { return input }
        let out = arena.tensor(rows: input.rows, columns: input.columns)
        dropout.mask(layer: layer, site: site).forward(out, input, rows: dropout.tokens)
        return out
    }
}
