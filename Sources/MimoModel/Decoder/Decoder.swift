public import MimoNumerics

/// A decoder-only language model over a mapped base, with low-rank updates on any of its linears; what
/// ``train(_:)`` names has its weights in memory instead, as floats with gradients.
///
/// One block with switches covers MiMo, Qwen2, Qwen3, Llama and Mistral: ``ModelConfig`` says which.
public struct Decoder: Sendable {
    /// Shapes and switches.
    public let config: ModelConfig
    /// Token embeddings, `[V, C]`.
    public internal(set) var embedding: WeightMatrix
    /// The output head, `[V, C]`: the embedding where the checkpoint ties them.
    public internal(set) var head: WeightMatrix
    var blocks: [DecoderBlock]
    var finalNorm: NormWeight
    /// The layer for multi-token prediction, where it was asked for.
    public internal(set) var prediction: MultiTokenPrediction?
    /// Whether head and embedding are one parameter.
    public internal(set) var isHeadTied: Bool
    /// Accumulated gradients, `[V, C]`: one matrix where both are one; nil where they are frozen.
    var embeddingGradient: Tensor?
    var headGradient: Tensor?
    let frequencies: RotaryFrequencies

    /// Maps a checkpoint; nothing is copied but norms and biases.
    ///
    /// - Parameters:
    ///   - checkpoint: The model's files.
    ///   - withPrediction: Whether its layer for multi-token prediction comes along, which it must have then.
    /// - Throws: ``ModelError`` where a tensor is missing or has another shape than the config says.
    public init(_ checkpoint: Checkpoint, withPrediction: Bool = false) throws {
        let config = checkpoint.config
        checkpoint.expectFullRead()
        self.config = config
        isHeadTied = config.tiesWordEmbeddings
        embedding = try checkpoint.weight("model.embed_tokens.weight")
        head = config.tiesWordEmbeddings ? embedding : try checkpoint.weight("lm_head.weight")
        finalNorm = NormWeight(weight: try checkpoint.vector("model.norm.weight"))
        blocks = try (0..<config.layerCount).map {
            try DecoderBlock(checkpoint, prefix: "model.layers.\($0).", index: $0)
        }
        prediction = withPrediction ? try MultiTokenPrediction(checkpoint) : nil
        frequencies = RotaryFrequencies(config)
    }

    /// One linear of one layer; setting its `update` attaches an adapter.
    public subscript(layer: Int, linear: DecoderLinear) -> AdaptedLinear {
        get { blocks[layer][linear] }
        set { blocks[layer][linear] = newValue }
    }

    /// The lowest layer that the backward reaches; nil where nothing below the final norm is trained.
    var lowestTrainedLayer: Int? {
        embeddingGradient != nil ? blocks.indices.first : blocks.firstIndex(where: \.isTrained)
    }
}

extension DecoderBlock {
    /// The block whose tensors' names begin with `prefix`.
    init(_ checkpoint: Checkpoint, prefix: String, index: Int) throws {
        let config = checkpoint.config
        func linear(_ name: DecoderLinear) throws -> AdaptedLinear {
            AdaptedLinear(
                weight: try checkpoint.weight("\(prefix)\(name.path).weight"),
                bias: name.hasBias(in: config) ? try checkpoint.vector("\(prefix)\(name.path).bias") : nil,
                update: nil
            )
        }
        func group(_ names: [DecoderLinear], _ site: LinearSite) throws -> LinearGroup {
            LinearGroup(linears: try names.map(linear), layer: index, site: site)
        }
        func norm(_ name: String) throws -> NormWeight {
            NormWeight(weight: try checkpoint.vector("\(prefix)\(name).weight"))
        }
        self.init(
            index: index,
            inputNorm: try norm("input_layernorm"),
            postAttentionNorm: try norm("post_attention_layernorm"),
            queryNorm: config.qkNorm ? try norm("self_attn.q_norm") : nil,
            keyNorm: config.qkNorm ? try norm("self_attn.k_norm") : nil,
            attentionInputs: try group([.query, .key, .value], .attentionInput),
            attentionOutput: try group([.output], .attentionOutput),
            feedForwardInputs: try group([.gate, .up], .feedForwardInput),
            feedForwardOutput: try group([.down], .feedForwardOutput),
            attention: Attention(
                heads: config.headCount,
                keyValueHeads: config.keyValueHeadCount,
                headSize: config.headSize
            ),
            epsilon: config.rmsNormEpsilon
        )
    }
}
