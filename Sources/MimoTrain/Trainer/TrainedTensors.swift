import MimoModel
import MimoNumerics

/// One trained tensor with its gradient and the optimizer's moments, all of one shape.
struct TrainedTensor: Sendable {
    /// PEFT's name of an update's tensor, the checkpoint's of a parameter.
    let name: String
    let value: Tensor
    let gradient: Tensor
    /// What the optimizer remembers, in the order of ``Optimizer/momentNames``.
    let moments: [Tensor]
    /// Whether weight decay applies, by transformers' rule: not to norms and biases.
    let decays: Bool
    /// What the learning rate is multiplied with.
    let rateFactor: Double
    /// Whether checkpoints keep the value with the moments, because their weights may be rounded.
    let keepsValue: Bool
}

/// The trained tensors of a decoder, in the order of layers and linears.
struct TrainedTensors: Sendable {
    let all: [TrainedTensor]
    private let optimizer: Optimizer
    private let decoder: Decoder

    /// Those of every trained update that is attached to the decoder, and of its trained parameters.
    init(_ decoder: Decoder, _ options: TrainerOptions) {
        let optimizer = Optimizer(options)
        var all: [TrainedTensor] = []
        func add(
            _ name: String,
            _ value: Tensor,
            _ gradient: Tensor,
            rateFactor: Double = 1,
            keepsValue: Bool = false
        ) {
            all.append(
                TrainedTensor(
                    name: name,
                    value: value,
                    gradient: gradient,
                    moments: optimizer.momentNames.map { _ in Tensor(rows: value.rows, columns: value.columns)
                    },
                    decays: Self.decays(name),
                    rateFactor: rateFactor,
                    keepsValue: keepsValue
                )
            )
        }
        for layer in 0..<decoder.config.layerCount {
            for linear in DecoderLinear.allCases {
                guard let update = decoder[layer, linear].update, let a = update.gradientA,
                    let b = update.gradientB
                else { continue }
                let path = "base_model.model.\(linear.path(inLayer: layer))"
                add("\(path).lora_A.weight", update.a, a)
                // LoRA+ counts vectors among the up projections, as PEFT does.
                let factor = options.loraPlusRatio ?? 1
                add("\(path).lora_B.weight", update.bTransposed, b, rateFactor: factor)
                if let magnitude = update.magnitude, let gradient = magnitude.gradient {
                    add("\(path).lora_magnitude_vector", magnitude.value, gradient, rateFactor: factor)
                }
            }
        }
        for parameter in decoder.trainedParameters {
            let isVector = parameter.value.rows == 1
            add(
                parameter.name,
                parameter.value,
                parameter.gradient,
                rateFactor: isVector ? options.loraPlusRatio ?? 1 : 1,
                keepsValue: true
            )
        }
        self.all = all
        self.optimizer = optimizer
        self.decoder = decoder
    }

    /// Takes every page of the gradients and moments, which are 0 as long as nothing was trained.
    func touch() {
        Elementwise.clear(all.flatMap { [$0.gradient] + $0.moments })
    }

    /// Sets all gradients to 0.
    func clearGradients() {
        Elementwise.clear(all.map(\.gradient))
    }

    /// The norm of all gradients together.
    var gradientNorm: Double {
        Elementwise.sumOfSquares(all.map(\.gradient)).squareRoot()
    }

    /// One step of the optimizer on every tensor.
    ///
    /// - Parameters:
    ///   - scale: Multiplied onto the gradients: the clipping.
    ///   - rate: The learning rate.
    ///   - step: Counted from 1.
    func update(scale: Float, rate: Double, step: Int) {
        optimizer.update(all, scale: scale, rate: rate, step: step)
        decoder.refreshMagnitudes()
    }

    /// What a checkpoint keeps beside the weights so that a run goes on with the same bits, by name.
    var state: [(name: String, tensor: Tensor)] {
        all.flatMap { tensor in
            zip(optimizer.momentNames, tensor.moments).map { ("\(tensor.name).\($0)", $1) }
                + (tensor.keepsValue ? [("\(tensor.name).value", tensor.value)] : [])
        }
    }

    /// transformers' rule: neither norms nor biases decay.
    static func decays(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        return !name.contains("bias") && !name.contains("layernorm") && !name.contains("rmsnorm")
            && !parts.contains { $0 == "norm" || $0.hasSuffix("_norm") }
    }
}
