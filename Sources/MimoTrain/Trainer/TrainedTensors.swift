import MimoModel
import MimoNumerics

/// One trained tensor with its gradient and AdamW's moments, all of one shape.
struct TrainedTensor: Sendable {
    /// PEFT's name of the tensor.
    let name: String
    let value: Tensor
    let gradient: Tensor
    let firstMoment: Tensor
    let secondMoment: Tensor
}

/// The trained tensors of a decoder, in the order of layers and linears.
struct TrainedTensors: Sendable {
    let all: [TrainedTensor]

    /// Those of every trained update that is attached to the decoder.
    init(_ decoder: Decoder) {
        var all: [TrainedTensor] = []
        for layer in 0..<decoder.config.layerCount {
            for linear in DecoderLinear.allCases {
                guard let update = decoder[layer, linear].update, let a = update.gradientA,
                    let b = update.gradientB
                else { continue }
                let path = "base_model.model.\(linear.path(inLayer: layer))"
                all.append(Self.tensor("\(path).lora_A.weight", update.a, a))
                all.append(Self.tensor("\(path).lora_B.weight", update.bTransposed, b))
            }
        }
        self.all = all
    }

    /// Takes every page of the gradients and moments, which are 0 as long as nothing was trained.
    func touch() {
        for tensor in all {
            for part in [tensor.gradient, tensor.firstMoment, tensor.secondMoment] { part.fill(0) }
        }
    }

    /// Sets all gradients to 0.
    func clearGradients() {
        for tensor in all { tensor.gradient.fill(0) }
    }

    /// The norm of all gradients together.
    var gradientNorm: Double {
        all.reduce(0) { $0 + Elementwise.sumOfSquares($1.gradient) }.squareRoot()
    }

    /// One step of the optimizer on every tensor.
    ///
    /// - Parameters:
    ///   - optimizer: Its settings.
    ///   - scale: Multiplied onto the gradients: the clipping.
    ///   - rate: The learning rate.
    ///   - step: Counted from 1.
    func update(_ optimizer: AdamW, scale: Float, rate: Float, step: Int) {
        for tensor in all {
            optimizer.update(
                tensor.value,
                firstMoment: tensor.firstMoment,
                secondMoment: tensor.secondMoment,
                gradient: tensor.gradient,
                gradientScale: scale,
                learningRate: rate,
                step: step
            )
        }
    }

    private static func tensor(_ name: String, _ value: Tensor, _ gradient: Tensor) -> TrainedTensor {
        TrainedTensor(
            name: name,
            value: value,
            gradient: gradient,
            firstMoment: Tensor(rows: value.rows, columns: value.columns),
            secondMoment: Tensor(rows: value.rows, columns: value.columns)
        )
    }
}
