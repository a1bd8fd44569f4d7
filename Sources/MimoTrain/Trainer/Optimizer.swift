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

    private enum Rule: Equatable {
        case adamW(AdamW)
        case sgd(SGD)
    }

    init(_ options: TrainerOptions) {
        switch options.optimizer {
        case .adamW:
            rule = .adamW(
                AdamW(
                    beta1: Float(options.adamBeta1),
                    beta2: Float(options.adamBeta2),
                    epsilon: Float(options.adamEpsilon),
                    weightDecay: Float(options.weightDecay)
                )
            )
        case .sgd:
            rule = .sgd(
                SGD(
                    momentum: Float(options.sgdMomentum),
                    isNesterov: options.usesNesterov,
                    weightDecay: Float(options.weightDecay)
                )
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

    /// One step on one tensor.
    ///
    /// - Parameters:
    ///   - tensor: Updated, with its moments.
    ///   - scale: Multiplied onto the gradient: the clipping.
    ///   - rate: The learning rate, to be multiplied with the tensor's own factor.
    ///   - step: Counted from 1.
    func update(_ tensor: TrainedTensor, scale: Float, rate: Double, step: Int) {
        let rate = Float(rate * tensor.rateFactor)
        switch rule {
        case .adamW(var adamW):
            if !tensor.decays { adamW.weightDecay = 0 }
            adamW.update(
                tensor.value,
                firstMoment: tensor.moments[0],
                secondMoment: tensor.moments[1],
                gradient: tensor.gradient,
                gradientScale: scale,
                learningRate: rate,
                step: step
            )
        case .sgd(var sgd):
            if !tensor.decays { sgd.weightDecay = 0 }
            sgd.update(
                tensor.value,
                velocity: tensor.moments.first,
                gradient: tensor.gradient,
                gradientScale: scale,
                learningRate: rate,
                step: step
            )
        }
    }
}
