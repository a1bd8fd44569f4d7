public import MimoNumerics

/// A frozen linear layer with an optional low-rank update: `y = W x + b + scale · B · A · dropout(x)`.
///
/// Shapes: weight `[out, in]`, bias `[1, out]`.
public struct AdaptedLinear: Sendable {
    /// The frozen weight.
    public let weight: WeightMatrix
    /// The frozen bias.
    public let bias: Tensor?
    /// What is trained beside it.
    public var update: LowRankUpdate?

    /// Outputs of one row.
    var outputs: Int { weight.rows }
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
        LowRank.projectDown(
            zip(linears, saved).compactMap { linear, h in
                guard let update = linear.update, let h else { return nil }
                return (h, update.a)
            },
            dropped
        )
        var products: [Product] = []
        for (index, linear) in linears.enumerated() {
            var terms = [ProductTerm.forward(input, linear.weight)]
            if let update = linear.update, let h = saved[index] {
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

    /// Accumulates the updates' gradients and, where `dInput` is given, writes the gradient of the input.
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
        LowRank.accumulateOuter(
            zip(linears, projected).compactMap { linear, g in
                guard let gradient = linear.update?.gradientA, let g else { return nil }
                return (gradient, g)
            },
            dropped
        )
        arena.release(to: mark)
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
