public import MimoNumerics

/// A linear layer with an optional low-rank update: `y = W x + b + scale · B · A · dropout(x)`.
///
/// Shapes: weight `[out, in]`, bias `[1, out]`, and so their gradients, which are accumulated.
public struct AdaptedLinear: Sendable {
    /// The weight.
    public internal(set) var weight: WeightMatrix
    /// The bias.
    public internal(set) var bias: Tensor?
    /// What is trained beside it.
    public var update: LowRankUpdate?
    /// The weight's gradient; nil where the weight is frozen.
    var weightGradient: Tensor?
    /// The bias's gradient; nil where the bias is frozen.
    var biasGradient: Tensor?

    /// Outputs of one row.
    var outputs: Int { weight.rows }

    /// Whether anything here has a gradient, or may have one.
    var isTrained: Bool { update != nil || weightGradient != nil || biasGradient != nil }
}

/// Linears that read the same input, forward and backward in one call each, so that the input is packed once.
struct LinearGroup {
    /// What forward keeps for the backward: A · dropout(x) of each linear, `[T, r]`.
    typealias Saved = [Tensor?]

    let linears: [AdaptedLinear]
    let layer: Int
    let site: LinearSite

    /// Writes (or adds, for a residual) the outputs.
    func forward(
        _ outputs: [Tensor],
        _ input: Tensor,
        dropout: DropoutPlan?,
        accumulate: Bool = false,
        memory: PassMemory
    ) -> Saved {
        let saved = linears.map { $0.update.map { memory.kept.tensor(rows: input.rows, columns: $0.rank) } }
        let mark = memory.scratch.mark
        let dropped = dropped(input, dropout, memory.scratch)
        var products: [Product] = []
        for (index, linear) in linears.enumerated() {
            var terms = [ProductTerm.forward(input, linear.weight)]
            if let update = linear.update, let h = saved[index] {
                LowRank.projectDown(h, dropped, update.a)
                terms.append(.backward(h, WeightMatrix(update.bTransposed), scale: update.scale))
            }
            products.append(Product(outputs[index], terms))
        }
        memory.gemm.multiply(products, accumulate: accumulate)
        for (linear, output) in zip(linears, outputs) {
            if let bias = linear.bias { Elementwise.addBias(output, bias) }
        }
        memory.scratch.release(to: mark)
        return saved
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
        let projected = projectBack(dOutputs, saved: saved, arena: arena)
        accumulateA(projected, input, dropout: dropout, arena: arena)
        accumulateBase(dOutputs, input, gemm)
        guard let dInput else { return }
        var terms = zip(linears, dOutputs).map { ProductTerm.backward($1, $0.weight) }
        let updates = zip(linears, projected).compactMap { linear, g -> ProductTerm? in
            guard let update = linear.update, let g else { return nil }
            return .backward(g, WeightMatrix(update.a))
        }
        guard let dropout, dropout.probability > 0, !updates.isEmpty else {
            terms += updates
            gemm.multiply([Product(dInput, terms)])
            return
        }
        gemm.multiply([Product(dInput, terms)])
        let throughUpdates = arena.tensor(rows: dInput.rows, columns: dInput.columns)
        gemm.multiply([Product(throughUpdates, updates)])
        dropout.mask(layer: layer, site: site).backward(adding: dInput, throughUpdates, rows: dropout.tokens)
    }

    /// g = scale · dY · B of each linear, `[T, r]`; accumulates the gradient of B on the way.
    private func projectBack(_ dOutputs: [Tensor], saved: Saved, arena: Arena) -> [Tensor?] {
        zip(zip(linears, dOutputs), saved).map { pair, h in
            let (linear, dOutput) = pair
            guard let update = linear.update, let h else { return nil }
            let g = arena.tensor(rows: dOutput.rows, columns: update.rank)
            LowRank.projectDown(g, dOutput, update.bTransposed, scale: update.scale)
            if let gradient = update.gradientB {
                LowRank.accumulateOuter(gradient, h, dOutput, scale: update.scale)
            }
            return g
        }
    }

    /// dA += gᵀ · dropout(x).
    private func accumulateA(_ projected: [Tensor?], _ input: Tensor, dropout: DropoutPlan?, arena: Arena) {
        let mark = arena.mark
        let dropped = dropped(input, dropout, arena)
        for (linear, g) in zip(linears, projected) {
            if let gradient = linear.update?.gradientA, let g {
                LowRank.accumulateOuter(gradient, g, dropped)
            }
        }
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

    private func dropped(_ input: Tensor, _ dropout: DropoutPlan?, _ arena: Arena) -> Tensor {
        guard let dropout, dropout.probability > 0, linears.contains(where: { $0.update != nil }) else {
            return input
        }
        let out = arena.tensor(rows: input.rows, columns: input.columns)
        dropout.mask(layer: layer, site: site).forward(out, input, rows: dropout.tokens)
        return out
    }
}
