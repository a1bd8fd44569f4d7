public import MimoModel
import MimoNumerics

extension Adapter {
    /// Lets a decoder compute with this adapter; what it had before on these layers gives way.
    ///
    /// - Parameters:
    ///   - decoder: Of the shape that the adapter was made or read for.
    ///   - isTrained: Whether the decoder accumulates gradients for it.
    public func attach(to decoder: inout Decoder, isTrained: Bool) {
        let gemm = Gemm()
        for weights in modules {
            let (layer, linear) = (weights.module.layer, weights.module.linear)
            decoder[layer, linear].update = weights.update(isTrained: isTrained)
            decoder[layer, linear].refreshMagnitude(gemm)
        }
        guard !saved.isEmpty else { return }
        if saved.contains(where: { Self.tiedNames.contains($0.parameter.name) }) { decoder.untieHead() }
        var values: [String: Tensor] = [:]
        for parameter in saved { values[parameter.parameter.name] = parameter.value }
        decoder.replaceParameters(isTrained: isTrained) { name, _ in values[name] }
    }

    /// The same adapter with the matrices that a decoder holds by now.
    ///
    /// - Parameter decoder: The one that it was attached to.
    /// - Returns: Matrices that share their elements with the decoder's, but for copies of `b`.
    public func trained(in decoder: Decoder) -> Adapter {
        Adapter(
            config: config,
            modules: modules.map { weights in
                let module = weights.module
                return decoder[module.layer, module.linear].update.map {
                    LoRAWeights(module: module, update: $0)
                }
                    ?? weights
            },
            // Shared with the decoder since they were attached.
            saved: saved
        )
    }

    /// Parameters that may be one; trained beside an adapter they are two.
    static let tiedNames: Set<String> = ["model.embed_tokens.weight", "lm_head.weight"]
}
