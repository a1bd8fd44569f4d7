public import MimoNumerics

/// MiMo's layer for multi-token prediction: from a token's final state and the next token it predicts the token
/// after that, for speculative decoding (MiMo-7B technical report, 2025).
///
/// `x = input_proj(concat[hidden_layernorm(h_t), token_layernorm(embed(token_{t+1}))])`, one decoder block, a
/// norm, and the model's own head.
public struct MultiTokenPrediction: Sendable {
    private let decoder: Decoder
    private let block: DecoderBlock
    private let hiddenNorm: Tensor
    private let tokenNorm: Tensor
    private let finalNorm: Tensor
    /// `[C, 2 · C]`
    private let inputProjection: WeightMatrix

    /// The prediction layer of a checkpoint.
    ///
    /// - Parameters:
    ///   - checkpoint: One that has the tensors `model.mtp_layers.{index}.*`.
    ///   - decoder: The model of the same checkpoint.
    ///   - index: Which layer, where there are several.
    /// - Throws: ``ModelError`` where a tensor is missing.
    public init(_ checkpoint: Checkpoint, decoder: Decoder, index: Int = 0) throws {
        let prefix = "model.mtp_layers.\(index)."
        self.decoder = decoder
        block = try DecoderBlock(checkpoint, prefix: prefix, index: 0)
        hiddenNorm = try checkpoint.vector("\(prefix)hidden_layernorm.weight")
        tokenNorm = try checkpoint.vector("\(prefix)token_layernorm.weight")
        finalNorm = try checkpoint.vector("\(prefix)final_layernorm.weight")
        inputProjection = try checkpoint.weight("\(prefix)input_proj.weight")
    }

    /// Logits of the tokens after next, for a whole sequence.
    ///
    /// - Parameters:
    ///   - states: The model's states after its final norm, `[T, C]`.
    ///   - nextIDs: The token that follows each state, T of them.
    ///   - zeroesFirstEmbedding: Whether the first token's embedding counts as 0, as vLLM has it.
    /// - Returns: `[T, V]`; row t predicts the token at t + 2.
    public func logits(states: Tensor, nextIDs: [Int32], zeroesFirstEmbedding: Bool) -> Tensor {
        precondition(states.rows == nextIDs.count && states.columns == decoder.config.hiddenSize)
        let (rows, width) = (states.rows, states.columns)
        let memory = PassMemory(gemm: Gemm(), kept: Arena(), scratch: Arena())
        let epsilon = decoder.config.rmsNormEpsilon
        let embedded = Tensor(rows: rows, columns: width)
        decoder.embedding.gatherRows(nextIDs, into: embedded)
        if zeroesFirstEmbedding, rows > 0 { embedded.rows(0..<1).fill(0) }
        let joined = Tensor(rows: rows, columns: 2 * width)
        let rstd = Tensor(rows: 1, columns: rows)
        RMSNorm.forward(joined.columns(0..<width), rstd: rstd, states, weight: hiddenNorm, epsilon: epsilon)
        RMSNorm.forward(
            joined.columns(width..<2 * width),
            rstd: rstd,
            embedded,
            weight: tokenNorm,
            epsilon: epsilon
        )
        let input = Tensor(rows: rows, columns: width)
        memory.gemm.multiply([Product(input, [.forward(joined, inputProjection)])])

        let pack = PackLayout(rows: [rows])
        let context = BlockContext(
            layout: pack.attention,
            rotary: RotaryTable(positions: pack.positions, frequencies: decoder.frequencies),
            dropout: nil,
            memory: memory
        )
        let output = Tensor(rows: rows, columns: width)
        _ = block.forward(output, input, context) { attended, lse, q, k, v in
            memory.withScratch(of: block.attention) { scratch in
                block.attention.forward(
                    attended,
                    lse: lse,
                    q: q,
                    k: k,
                    v: v,
                    context.layout,
                    scratch: scratch
                )
            }
        }
        RMSNorm.forward(input, rstd: rstd, output, weight: finalNorm, epsilon: epsilon)
        let logits = Tensor(rows: rows, columns: decoder.head.rows)
        memory.gemm.multiply([Product(logits, [.forward(input, decoder.head)])])
        return logits
    }
}
