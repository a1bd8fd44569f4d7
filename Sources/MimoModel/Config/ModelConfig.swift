/// A decoder's shape and switches, read from a model folder's config.json.
///
/// One block covers every ``Architecture``; what differs between them is a field here, and nothing else in the
/// code asks which family a model belongs to. Sizes count elements.
public struct ModelConfig: Sendable, Equatable {
    /// The family that the model is declared as.
    public var architecture: Architecture
    /// Width of the residual stream.
    public var hiddenSize: Int
    /// Width of the feed-forward layer (SwiGLU).
    public var intermediateSize: Int
    /// Number of decoder blocks.
    public var layerCount: Int
    /// Number of query heads.
    public var headCount: Int
    /// Number of key and value heads; each serves `headCount / keyValueHeadCount` query heads.
    public var keyValueHeadCount: Int
    /// Width of one head; need not be `hiddenSize / headCount`.
    public var headSize: Int
    /// Number of rows of the embedding, which may exceed the tokenizer's vocabulary.
    public var vocabularySize: Int
    /// What RMSNorm adds to the mean square.
    public var rmsNormEpsilon: Float
    /// Number of positions that the model was trained for, in tokens.
    public var maxPositions: Int
    /// Whether the query, key and value projections add a bias.
    public var qkvBias: Bool
    /// Whether the attention's output projection adds a bias.
    public var outputBias: Bool
    /// Whether the three feed-forward projections add a bias.
    public var mlpBias: Bool
    /// Whether each head's query and key pass RMSNorm before the rotation.
    public var qkNorm: Bool
    /// Whether the output head is the embedding.
    public var tiesWordEmbeddings: Bool
    /// Number of layers for multi-token prediction that config.json declares; a checkpoint may lack them.
    public var mtpLayerCount: Int
    /// Tokens that end generation: generation_config.json's if it names any, else config.json's.
    public var eosTokenIDs: [Int]
    /// How positions become rotations.
    public var rotary: RotarySettings

    /// Width of all query heads together.
    public var querySize: Int { headCount * headSize }
    /// Width of all key (or value) heads together.
    public var keyValueSize: Int { keyValueHeadCount * headSize }

    /// Every field given.
    public init(
        architecture: Architecture,
        hiddenSize: Int,
        intermediateSize: Int,
        layerCount: Int,
        headCount: Int,
        keyValueHeadCount: Int,
        headSize: Int,
        vocabularySize: Int,
        rmsNormEpsilon: Float,
        maxPositions: Int,
        qkvBias: Bool = false,
        outputBias: Bool = false,
        mlpBias: Bool = false,
        qkNorm: Bool = false,
        tiesWordEmbeddings: Bool = false,
        mtpLayerCount: Int = 0,
        eosTokenIDs: [Int] = [],
        rotary: RotarySettings
    ) {
        self.architecture = architecture
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.layerCount = layerCount
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize
        self.vocabularySize = vocabularySize
        self.rmsNormEpsilon = rmsNormEpsilon
        self.maxPositions = maxPositions
        self.qkvBias = qkvBias
        self.outputBias = outputBias
        self.mlpBias = mlpBias
        self.qkNorm = qkNorm
        self.tiesWordEmbeddings = tiesWordEmbeddings
        self.mtpLayerCount = mtpLayerCount
        self.eosTokenIDs = eosTokenIDs
        self.rotary = rotary
    }
}
