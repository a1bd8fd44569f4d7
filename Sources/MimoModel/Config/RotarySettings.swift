/// How a position turns the pairs of a head: the base of the wavelengths, and how they are stretched for
/// contexts longer than those of pre-training.
public struct RotarySettings: Sendable, Equatable {
    /// The base: pair i of a head of size d turns by `position / theta^(2i/d)`, in radians.
    public var theta: Double
    /// The stretching.
    public var scaling: RotaryScaling

    /// Both fields given.
    public init(theta: Double, scaling: RotaryScaling = .none) {
        self.theta = theta
        self.scaling = scaling
    }
}

/// The ways to stretch rotary wavelengths that config.json's `rope_scaling` or `rope_parameters` may name.
public enum RotaryScaling: Sendable, Equatable {
    /// Wavelengths as they are (`default`, or no entry).
    case none
    /// Every frequency divided by `factor` (position interpolation, Chen et al. 2023).
    case linear(factor: Double)
    /// Llama 3.1's: long wavelengths divided, short ones kept, those between blended.
    case llama3(factor: Double, lowFrequency: Double, highFrequency: Double, originalPositions: Int)
    /// YaRN (Peng et al. 2023).
    case yarn(YaRN)

    /// YaRN's parameters.
    public struct YaRN: Sendable, Equatable {
        /// By how much the context grows.
        public var factor: Double
        /// What multiplies cosines and sines.
        public var attentionFactor: Double
        /// Pairs that turn at least this often within the original context are kept.
        public var betaFast: Double
        /// Pairs that turn at most this often are divided by `factor`.
        public var betaSlow: Double
        /// The context of pre-training, in tokens.
        public var originalPositions: Int
        /// Whether the borders of the blend are rounded to whole pairs.
        public var truncates: Bool

        /// Every field given.
        public init(
            factor: Double,
            attentionFactor: Double,
            betaFast: Double = 32,
            betaSlow: Double = 1,
            originalPositions: Int,
            truncates: Bool = true
        ) {
            self.factor = factor
            self.attentionFactor = attentionFactor
            self.betaFast = betaFast
            self.betaSlow = betaSlow
            self.originalPositions = originalPositions
            self.truncates = truncates
        }
    }
}
