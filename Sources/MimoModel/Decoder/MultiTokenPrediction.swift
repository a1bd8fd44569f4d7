public import MimoNumerics

/// MiMo's layer for multi-token prediction: from a token's final state and the token behind it, the token after that
/// (MiMo-7B technical report, 2025). Trained beside the model, it drafts in speculative decoding.
///
/// `x = input_proj(concat[hidden_layernorm(h_t), token_layernorm(embed(token_{t+1}))])`, one decoder block, a
/// norm, and the model's own head.
public struct MultiTokenPrediction: Sendable {
    /// How its tensors' names begin.
    static let prefix = "model.mtp_layers.0."

    var block: DecoderBlock
    var hiddenNorm: NormWeight
    var tokenNorm: NormWeight
    var finalNorm: NormWeight
    /// `[C, 2 · C]`
    var projection: AdaptedLinear

    /// The prediction layer of a checkpoint, the first where there are several.
    ///
    /// - Parameter checkpoint: One that has the tensors `model.mtp_layers.0.*`.
    /// - Throws: ``ModelError`` where a tensor is missing.
    public init(_ checkpoint: Checkpoint) throws {
        func norm(_ name: String) throws -> NormWeight {
            NormWeight(weight: try checkpoint.vector("\(Self.prefix)\(name).weight"))
        }
        block = try DecoderBlock(checkpoint, prefix: Self.prefix, index: 0)
        hiddenNorm = try norm("hidden_layernorm")
        tokenNorm = try norm("token_layernorm")
        finalNorm = try norm("final_layernorm")
        projection = AdaptedLinear(
            weight: try checkpoint.weight("\(Self.prefix)input_proj.weight"),
            bias: nil,
            update: nil
        )
    }

    /// Whether anything of the layer is trained.
    var isTrained: Bool {
        block.isTrained || projection.isTrained
            || [hiddenNorm, tokenNorm, finalNorm].contains { $0.gradient != nil }
    }

    var inputs: LinearGroup { LinearGroup(linears: [projection], layer: 0, site: .attentionInput) }

    /// Writes the block's input, `[T, C]`, and what a backward needs: `joined [T, 2 · C]`, the norms of states and
    /// embeddings side by side, and both norms' `rstd [1, T]`.
    func project(
        _ input: Tensor,
        joined: Tensor,
        hiddenRstd: Tensor,
        tokenRstd: Tensor,
        states: Tensor,
        embedded: Tensor,
        memory: PassMemory
    ) {
        let width = states.columns
        let (left, right) = (joined.columns(0..<width), joined.columns(width..<2 * width))
        hiddenNorm.forward(left, rstd: hiddenRstd, states, epsilon: block.epsilon)
        tokenNorm.forward(right, rstd: tokenRstd, embedded, epsilon: block.epsilon)
        _ = inputs.forward([input], joined, dropout: nil, memory: memory)
    }

    /// Logits of the tokens after next, for a whole sequence.
    ///
    /// - Parameters:
    ///   - states: The model's states after its final norm, `[T, C]`.
    ///   - nextIDs: The token that follows each state, T of them.
    ///   - decoder: The model, whose embedding and head the layer uses.
    ///   - zeroesFirstEmbedding: Whether the first token's embedding counts as 0, as vLLM has it.
    /// - Returns: `[T, V]`; row t predicts the token at t + 2.
    public func logits(states: Tensor, nextIDs: [Int32], of decoder: Decoder, zeroesFirstEmbedding: Bool)
        -> Tensor
    {
        precondition(states.rows == nextIDs.count && states.columns == decoder.config.hiddenSize)
        let (rows, width) = (states.rows, states.columns)
        let memory = PassMemory(gemm: Gemm(), kept: Arena(), scratch: Arena())
        let embedded = Tensor(rows: rows, columns: width)
        decoder.embedding.gatherRows(nextIDs, into: embedded)
        if zeroesFirstEmbedding, rows > 0 { embedded.rows(0..<1).fill(0) }
        let rstd = Tensor(rows: 1, columns: rows)
        let input = Tensor(rows: rows, columns: width)
        project(
            input,
            joined: Tensor(rows: rows, columns: 2 * width),
            hiddenRstd: rstd,
            tokenRstd: rstd,
            states: states,
            embedded: embedded,
            memory: memory
        )
        let pack = PackLayout(rows: [rows])
        let context = BlockContext(
            layout: pack.attention,
            rotary: RotaryTable(positions: pack.positions, frequencies: decoder.frequencies),
            dropout: nil,
            memory: memory
        )
        let output = Tensor(rows: rows, columns: width)
        _ = block.forward(output, input, context)
        finalNorm.forward(input, rstd: rstd, output, epsilon: block.epsilon)
        let logits = Tensor(rows: rows, columns: decoder.head.rows)
        memory.gemm.multiply([Product(logits, [.forward(input, decoder.head)])])
        return logits
    }
}
