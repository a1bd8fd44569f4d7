import MimoNumerics

extension Adapter {
    /// Whether its updates began as parts of the base (PiSSA).
    public var beganInBase: Bool { modules.contains { $0.initial != nil } }

    /// Number of elements that ``write(to:)`` writes.
    public var writtenParameterCount: Int {
        parameterCount + modules.reduce(0) { $0 + ($1.initial.map { $0.a.count + $0.b.count } ?? 0) }
    }

    /// The adapter in a form that needs no changed base: where an update began as `B₀ · A₀`, the difference
    /// `B · A - B₀ · A₀` is one of twice the rank, `[B | -B₀] · [A ; A₀]`.
    public var converted: Adapter {
        guard beganInBase else { return self }
        return Adapter(
            config: config.withRank(times: 2),
            modules: modules.map { weights in
                guard let initial = weights.initial else { return weights }
                let rank = weights.module.rank
                let a = Tensor(rows: 2 * rank, columns: weights.a.columns)
                let b = Tensor(rows: weights.b.rows, columns: 2 * rank)
                a.rows(0..<rank).copy(from: weights.a)
                a.rows(rank..<2 * rank).copy(from: initial.a)
                b.columns(0..<rank).copy(from: weights.b)
                for row in 0..<b.rows {
                    for column in 0..<rank { b[row, rank + column] = -initial.b[row, column] }
                }
                return LoRAWeights(module: weights.module.withRank(2 * rank), a: a, b: b)
            },
            saved: saved
        )
    }

    /// The adapter that ``converted`` was made of, to train it further.
    ///
    /// - Parameter config: the description that it had.
    /// - Returns: Matrices of half the rank, with what they began as.
    public func separated(_ config: LoRAConfig) -> Adapter {
        Adapter(
            config: config,
            modules: modules.map { weights in
                let rank = weights.module.rank / 2
                func copy(_ tensor: Tensor, sign: Float = 1) -> Tensor {
                    Tensor(tensor.elements.map { sign * $0 }, rows: tensor.rows, columns: tensor.columns)
                }
                return LoRAWeights(
                    module: weights.module.withRank(rank),
                    a: copy(weights.a.rows(0..<rank)),
                    b: copy(weights.b.columns(0..<rank)),
                    initial: .init(
                        a: copy(weights.a.rows(rank..<2 * rank)),
                        b: copy(weights.b.columns(rank..<2 * rank), sign: -1)
                    )
                )
            },
            saved: saved
        )
    }
}

extension LoRAConfig {
    /// The description of an adapter whose ranks are so many times larger, with the same scalings.
    func withRank(times factor: Int) -> LoRAConfig {
        var config = self
        config.initialWeights = .kaiming
        config.rank *= factor
        config.rankPattern = rankPattern.map { .init($0.pattern, $0.value * factor) }
        let growth = usesRSLoRA ? Double(factor).squareRoot() : Double(factor)
        config.alpha *= growth
        config.alphaPattern = alphaPattern.map { .init($0.pattern, $0.value * growth) }
        return config
    }
}

extension AdaptedModule {
    /// The same module and scaling with another rank.
    func withRank(_ rank: Int) -> AdaptedModule {
        AdaptedModule(layer: layer, linear: linear, rank: rank, scaling: scaling)
    }
}
