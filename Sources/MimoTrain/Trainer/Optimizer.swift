import MimoNumerics

/// The rule that turns gradients into steps (`--optim`).
public enum OptimizerKind: String, Sendable, CaseIterable {
    /// AdamW: steps of a size of their own for each element.
    case adamW = "adamw"
    /// Gradient descent, with momentum where ``TrainerOptions/sgdMomentum`` is set.
    case sgd

    /// Reads transformers' names: all of AdamW's are one here.
    public init?(rawValue: String) {
        switch rawValue {
        case "adamw", "adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_torch_4bit", "adamw_apex_fused":
            self = .adamW
        case "sgd": self = .sgd
        default: return nil
        }
    }
}

/// An optimizer with its settings; what it remembers of a tensor stands with the tensor.
struct Optimizer: Sendable, Equatable {
    private let rule: Rule
    private let weightDecay: Float

    private enum Rule: Equatable {
        case adamW(AdamW)
        case sgd(SGD)
    }

    init(_ options: TrainerOptions) {
        weightDecay = Float(options.weightDecay)
        switch options.optimizer {
        case .adamW:
            rule = .adamW(
                AdamW(
                    beta1: Float(options.adamBeta1),
                    beta2: Float(options.adamBeta2),
                    epsilon: Float(options.adamEpsilon)
                )
            )
        case .sgd:
            rule = .sgd(
                SGD(momentum: Float(options.sgdMomentum), isNesterov: options.usesNesterov)
            )
        }
    }

    /// The names of what it remembers of each tensor, as PyTorch has them.
    var momentNames: [String] {
        switch rule {
        case .adamW: ["exp_avg", "exp_avg_sq"]
        case .sgd(let sgd): sgd.momentum == 0 ? [] : ["momentum_buffer"]
        }
    }

    /// One step on each of the tensors.
    ///
    /// - Parameters:
    ///   - tensors: Updated, with their moments.
    ///   - scale: Multiplied onto the gradients: the clipping.
    ///   - rate: The learning rate, to be multiplied with each tensor's own factor.
    ///   - step: Counted from 1.
    func update(_ tensors: [TrainedTensor], scale: Float, rate: Double, step: Int) {
        let steps = tensors.map {
            ParameterStep(
                $0.value,
                gradient: $0.gradient,
                moments: $0.moments,
                learningRate: Float(rate * $0.rateFactor),
                weightDecay: $0.decays ? weightDecay : 0
            )
        }
        switch rule {
        case .adamW(let adamW): adamW.update(steps, gradientScale: scale, step: step)
        case .sgd(let sgd): sgd.update(steps, gradientScale: scale, step: step)
        }
    }
}
