public import MimoNumerics

extension InferencePass {
    /// The next tokens of a sequence as the layer for multi-token prediction reads them.
    public struct Ahead {
        /// The layer's own keys and values of the sequence; see ``KeyValueCache/init(predicting:capacity:)``.
        public let cache: KeyValueCache
        /// The model's states of the tokens, `[T, C]`, at least one.
        public let states: Tensor
        /// The token behind each of them.
        public let nextIDs: [Int32]
        /// Whether the logits behind the last of them are wanted.
        public let isScored: Bool

        /// The next tokens of a sequence.
        public init(cache: KeyValueCache, states: Tensor, nextIDs: [Int32], isScored: Bool) {
            precondition(states.rows == nextIDs.count)
            self.cache = cache
            self.states = states
            self.nextIDs = nextIDs
            self.isScored = isScored
        }
    }

    /// Lets the layer for multi-token prediction read tokens and predict what follows the tokens behind them.
    ///
    /// Only keys and values are computed of the tokens that are not scored.
    ///
    /// - Parameter sequences: Each sequence's next tokens.
    /// - Returns: A row for each sequence that is scored, `[rows, V]`, in memory of its own; nil where the model comes
    ///   without the layer.
    public func predict(_ sequences: [Ahead]) -> Tensor? {
        guard let layer = decoder.prediction else { return nil }
        defer {
            kept.reset()
            scratch.reset()
        }
        let nextIDs = sequences.flatMap(\.nextIDs)
        let (tokens, width) = (nextIDs.count, decoder.config.hiddenSize)
        let states = scratch.tensor(rows: tokens, columns: width)
        let embedded = scratch.tensor(rows: tokens, columns: width)
        let input = scratch.tensor(rows: tokens, columns: width)
        let rstd = scratch.tensor(rows: 1, columns: tokens)
        var (end, scored) = (0, [Int]())
        for sequence in sequences {
            states.rows(end..<end + sequence.nextIDs.count).copy(from: sequence.states)
            end += sequence.nextIDs.count
            if sequence.isScored { scored.append(end - 1) }
            sequence.cache.reserve(sequence.nextIDs.count)
        }
        decoder.embedding.gatherRows(nextIDs, into: embedded)
        layer.project(
            input,
            joined: scratch.tensor(rows: tokens, columns: 2 * width),
            hiddenRstd: rstd,
            tokenRstd: rstd,
            states: states,
            embedded: embedded,
            memory: memory
        )
        var context = context(sequences.map { (cache: $0.cache, added: $0.nextIDs.count) })
        context.wanted = scored
        context.wantedRotary = context.rotary.gathered(scored)
        let rows = sequences.map {
            CachedRows(cache: $0.cache, added: $0.nextIDs.count, queries: $0.isScored ? 1 : 0)
        }
        let output = scratch.tensor(rows: scored.count, columns: width)
        forward(layer.block, output, input, context, rows)
        for sequence in sequences { sequence.cache.advance(by: sequence.nextIDs.count) }
        let normed = scratch.tensor(rows: scored.count, columns: width)
        layer.finalNorm.forward(normed, rstd: rstd, output, epsilon: layer.block.epsilon)
        return logits(of: normed)
    }
}
