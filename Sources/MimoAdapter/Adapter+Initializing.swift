public import MimoModel
import MimoNumerics

extension Adapter {
    /// An adapter to be trained on a base, as its configuration wants it to begin.
    ///
    /// - Parameters:
    ///   - config: what is adapted and how.
    ///   - base: the base model, whose weights DoRA's magnitudes, PiSSA's matrices and saved modules begin with.
    ///   - seed: the same seed gives the same adapter.
    /// - Throws: as ``init(initializing:for:seed:)``, and what refuses a choice of saved modules.
    public init(initializing config: LoRAConfig, on base: Checkpoint, seed: UInt64) throws {
        try self.init(initializing: config, for: base.config, seed: seed)
        if case .pissa(let rounds) = config.initialWeights {
            modules = try modules.map { weights in
                let matrix = try base.weight("\(weights.module.path).weight")
                // The whole base need not be resident before training begins.
                defer { matrix.releasePages() }
                return Self.principal(weights.module, of: matrix, rounds: rounds, seed: seed)
            }
        }
        if config.usesDoRA {
            let gemm = Gemm()
            modules = try modules.map { weights in
                let matrix = try base.weight("\(weights.module.path).weight")
                var weights = weights
                weights.magnitude = weights.rowNorms(on: matrix, gemm)
                return weights
            }
        }
        saved = try config.savedParameters(of: base.config).map { parameter in
            let name = base.contains(parameter.name) ? parameter.name : "model.embed_tokens.weight"
            return SavedParameter(parameter: parameter, value: try base.weight(name).widened())
        }
    }

    /// PiSSA: the r strongest directions of a weight, as the update's first value.
    private static func principal(
        _ module: AdaptedModule,
        of weight: WeightMatrix,
        rounds: Int?,
        seed: UInt64
    ) -> LoRAWeights {
        let rank = module.rank
        let parts: SingularParts
        if let rounds {
            let random = InitialValues(seed: seed, name: module.nameOfA)
            let start = Tensor(
                random.normal(count: rank * weight.columns, deviation: 1),
                rows: rank,
                columns: weight.columns
            )
            parts = SingularParts(ofLargest: rank, of: weight, start: start, rounds: rounds)
        } else {
            parts = SingularParts(ofLargest: rank, of: weight)
        }
        let a = Tensor(rows: rank, columns: weight.columns)
        let b = Tensor(rows: weight.rows, columns: rank)
        for index in 0..<min(rank, parts.values.count) {
            let root = (parts.values[index] / Float(module.scaling)).squareRoot()
            for column in 0..<weight.columns { a[index, column] = root * parts.right[index, column] }
            for row in 0..<weight.rows { b[row, index] = root * parts.left[index, row] }
        }
        return LoRAWeights(module: module, a: a, b: b, initial: .init(a: a, b: b))
    }
}

extension LoRAWeights {
    /// The norms of the rows of the weight with the update: what DoRA's magnitudes begin as, `[1, out]`.
    func rowNorms(on weight: WeightMatrix, _ gemm: Gemm) -> Tensor {
        let norms = Tensor(rows: 1, columns: weight.rows)
        let step = max(1, AdapterMerge.blockSize / max(1, weight.columns))
        for start in stride(from: 0, to: weight.rows, by: step) {
            let rows = start..<min(start + step, weight.rows)
            let sum = weight.rows(rows).addingLowRank(
                b: b.rows(rows),
                a: a,
                scaling: Float(module.scaling),
                gemm: gemm
            )
            ColumnScale.rowNorms(norms.columns(rows), of: sum)
        }
        return norms
    }
}
