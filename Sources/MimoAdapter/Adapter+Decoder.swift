public import MimoModel

extension Adapter {
    /// Lets a decoder compute with this adapter; what it had before on these layers gives way.
    ///
    /// - Parameters:
    ///   - decoder: Of the shape that the adapter was made or read for.
    ///   - isTrained: Whether the decoder accumulates gradients for it.
    public func attach(to decoder: inout Decoder, isTrained: Bool) {
        for weights in modules {
            decoder[weights.module.layer, weights.module.linear].update = weights.update(isTrained: isTrained)
        }
    }

    /// The same adapter with the matrices that a decoder holds by now.
    ///
    /// - Parameter decoder: The one that it was attached to.
    /// - Returns: Matrices that share `a` with the decoder, and copy `b`.
    public func trained(in decoder: Decoder) -> Adapter {
        Adapter(
            config: config,
            modules: modules.map { weights in
                let module = weights.module
                return decoder[module.layer, module.linear].update.map {
                    LoRAWeights(module: module, update: $0)
                }
                    ?? weights
            }
        )
    }
}
