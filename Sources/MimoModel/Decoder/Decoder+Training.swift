public import MimoNumerics

/// A parameter of a decoder that is trained itself, not by an update beside it.
public struct TrainedParameter: Sendable {
    /// Its name in checkpoints.
    public let name: String
    /// The weights, as floats; a vector is one row.
    public let value: Tensor
    /// The accumulated gradient, of the same shape.
    public let gradient: Tensor
}

extension Decoder {
    /// Lets parameters be trained: their weights become floats in memory of their own, with gradients of zeros.
    ///
    /// - Parameter isTrained: Asked for each parameter by its name in checkpoints; a tied head is the embedding.
    public mutating func train(_ isTrained: (String) -> Bool) {
        if isTrained("model.embed_tokens.weight") {
            (embedding, embeddingGradient) = Self.trained(embedding)
            if config.tiesWordEmbeddings { (head, headGradient) = (embedding, embeddingGradient) }
        }
        for index in blocks.indices { blocks[index].train(prefix: "model.layers.\(index).", isTrained) }
        if isTrained("model.norm.weight") { finalNorm.train() }
        if !config.tiesWordEmbeddings, isTrained("lm_head.weight") {
            (head, headGradient) = Self.trained(head)
        }
    }

    /// The parameters that are trained, in the order in which a forward pass uses them.
    public var trainedParameters: [TrainedParameter] {
        var found: [TrainedParameter] = []
        func add(_ name: String, _ weight: WeightMatrix, _ gradient: Tensor?) {
            guard let gradient, let value = weight.floats else { return }
            found.append(TrainedParameter(name: name, value: value, gradient: gradient))
        }
        add("model.embed_tokens.weight", embedding, embeddingGradient)
        for block in blocks {
            block.forEachParameter(prefix: "model.layers.\(block.index).", add)
        }
        add("model.norm.weight", WeightMatrix(finalNorm.weight), finalNorm.gradient)
        if !config.tiesWordEmbeddings { add("lm_head.weight", head, headGradient) }
        return found
    }

    /// A matrix as floats, and a gradient for it.
    static func trained(_ weight: WeightMatrix) -> (WeightMatrix, Tensor?) {
        (WeightMatrix(weight.widened()), Tensor(rows: weight.rows, columns: weight.columns))
    }
}

extension DecoderBlock {
    /// As ``Decoder/train(_:)``, for the parameters whose names begin with `prefix`.
    mutating func train(prefix: String, _ isTrained: (String) -> Bool) {
        func trains(_ name: String) -> Bool { isTrained("\(prefix)\(name)") }
        if trains("input_layernorm.weight") { inputNorm.train() }
        if trains("post_attention_layernorm.weight") { postAttentionNorm.train() }
        if trains("self_attn.q_norm.weight") { queryNorm?.train() }
        if trains("self_attn.k_norm.weight") { keyNorm?.train() }
        for name in DecoderLinear.allCases {
            var linear = self[name]
            if trains("\(name.path).weight") {
                (linear.weight, linear.weightGradient) = Decoder.trained(linear.weight)
            }
            if let bias = linear.bias, trains("\(name.path).bias") {
                let copy = Tensor(rows: 1, columns: bias.count)
                copy.copy(from: bias)
                (linear.bias, linear.biasGradient) = (copy, Tensor(rows: 1, columns: bias.count))
            }
            self[name] = linear
        }
    }

    /// Tells the parameters by name, with their gradients where they are trained.
    func forEachParameter(prefix: String, _ body: (String, WeightMatrix, Tensor?) -> Void) {
        func tell(_ name: String, _ norm: NormWeight?) {
            guard let norm else { return }
            body("\(prefix)\(name).weight", WeightMatrix(norm.weight), norm.gradient)
        }
        func tell(_ names: [DecoderLinear]) {
            for name in names {
                let linear = self[name]
                body("\(prefix)\(name.path).weight", linear.weight, linear.weightGradient)
                if let bias = linear.bias {
                    body("\(prefix)\(name.path).bias", WeightMatrix(bias), linear.biasGradient)
                }
            }
        }
        tell("input_layernorm", inputNorm)
        tell([.query, .key, .value, .output])
        tell("self_attn.q_norm", queryNorm)
        tell("self_attn.k_norm", keyNorm)
        tell("post_attention_layernorm", postAttentionNorm)
        tell([.gate, .up, .down])
    }
}
