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
        replaceParameters(isTrained: true) { isTrained($0) ? $1.widened() : nil }
    }

    /// Puts floats in the place of parameters.
    ///
    /// - Parameters:
    ///   - isTrained: Whether they get gradients, of zeros.
    ///   - value: Asked for each parameter by its name, with its weights; nil leaves it as it is.
    public mutating func replaceParameters(
        isTrained: Bool,
        _ value: (_ name: String, _ weight: WeightMatrix) -> Tensor?
    ) {
        func replace(_ name: String, _ weight: inout WeightMatrix, _ gradient: inout Tensor?) {
            guard let value = value(name, weight) else { return }
            precondition(value.rows == weight.rows && value.columns == weight.columns)
            // What was read of the file to make the floats is not read again.
            weight.releasePages()
            weight = WeightMatrix(value)
            gradient = isTrained ? Tensor(rows: value.rows, columns: value.columns) : nil
        }
        replace("model.embed_tokens.weight", &embedding, &embeddingGradient)
        if isHeadTied { (head, headGradient) = (embedding, embeddingGradient) }
        for index in blocks.indices {
            blocks[index].replaceParameters(prefix: "model.layers.\(index).", replace)
        }
        finalNorm.replace("model.norm.weight", replace)
        prediction?.replaceParameters(replace)
        if !isHeadTied { replace("lm_head.weight", &head, &headGradient) }
    }

    /// Makes a tied head a parameter of its own, which keeps the embedding's weights as they are now.
    public mutating func untieHead() { isHeadTied = false }

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
        prediction?.forEachParameter(add)
        if !isHeadTied { add("lm_head.weight", head, headGradient) }
        return found
    }
}

extension NormWeight {
    /// Lets `replace` exchange the weight and its gradient.
    fileprivate mutating func replace(
        _ name: String,
        _ replace: (String, inout WeightMatrix, inout Tensor?) -> Void
    ) {
        var matrix = WeightMatrix(weight)
        replace(name, &matrix, &gradient)
        weight = matrix.floats ?? weight
    }
}

extension MultiTokenPrediction {
    /// Lets `replace` exchange the parameters and their gradients.
    fileprivate mutating func replaceParameters(
        _ replace: (String, inout WeightMatrix, inout Tensor?) -> Void
    ) {
        hiddenNorm.replace("\(Self.prefix)hidden_layernorm.weight", replace)
        tokenNorm.replace("\(Self.prefix)token_layernorm.weight", replace)
        replace("\(Self.prefix)input_proj.weight", &projection.weight, &projection.weightGradient)
        block.replaceParameters(prefix: Self.prefix, replace)
        finalNorm.replace("\(Self.prefix)final_layernorm.weight", replace)
    }

    /// Tells the parameters by name, with their gradients where they are trained.
    func forEachParameter(_ body: (String, WeightMatrix, Tensor?) -> Void) {
        func tell(_ name: String, _ norm: NormWeight) {
            body("\(Self.prefix)\(name).weight", WeightMatrix(norm.weight), norm.gradient)
        }
        tell("hidden_layernorm", hiddenNorm)
        tell("token_layernorm", tokenNorm)
        body("\(Self.prefix)input_proj.weight", projection.weight, projection.weightGradient)
        block.forEachParameter(prefix: Self.prefix, body)
        tell("final_layernorm", finalNorm)
    }
}

extension DecoderBlock {
    /// Lets `replace` exchange the parameters, whose names begin with `prefix`, and their gradients.
    fileprivate mutating func replaceParameters(
        prefix: String,
        _ replace: (String, inout WeightMatrix, inout Tensor?) -> Void
    ) {
        inputNorm.replace("\(prefix)input_layernorm.weight", replace)
        postAttentionNorm.replace("\(prefix)post_attention_layernorm.weight", replace)
        queryNorm?.replace("\(prefix)self_attn.q_norm.weight", replace)
        keyNorm?.replace("\(prefix)self_attn.k_norm.weight", replace)
        for name in DecoderLinear.allCases {
            var linear = self[name]
            replace("\(prefix)\(name.path).weight", &linear.weight, &linear.weightGradient)
            if let bias = linear.bias {
                var matrix = WeightMatrix(bias)
                replace("\(prefix)\(name.path).bias", &matrix, &linear.biasGradient)
                linear.bias = matrix.floats
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
