#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The course of the learning rate over a run: warm-up, then one of transformers' schedules.
public struct LearningRateSchedule: Sendable, Equatable {
    /// What follows the warm-up.
    public enum Kind: String, Sendable, CaseIterable {
        /// Half a cosine down to 0.
        case cosine
        /// Half a cosine down to a lowest rate.
        case cosineWithMinLR = "cosine_with_min_lr"
        /// Half a cosine down to 0, several times over.
        case cosineWithRestarts = "cosine_with_restarts"
        /// A straight line down to 0.
        case linear
        /// A power of the share that remains, down to a last rate.
        case polynomial
        /// The root of the steps done.
        case inverseSqrt = "inverse_sqrt"
        /// The peak, and a decay at the end (WSD, Hu et al. 2024).
        case warmupStableDecay = "warmup_stable_decay"
        /// The peak to the end, and no warm-up.
        case constant
        /// Warm-up, then the peak to the end.
        case constantWithWarmup = "constant_with_warmup"
    }

    /// What follows the warm-up.
    public let kind: Kind
    /// The learning rate at the top.
    public let peak: Double
    /// Steps of warm-up.
    public let warmupSteps: Int
    /// Steps of the run.
    public let totalSteps: Int
    /// What shapes the course.
    public let shape: ScheduleShape

    /// A schedule for a run of this many steps.
    public init(
        kind: Kind,
        peak: Double,
        warmupSteps: Int,
        totalSteps: Int,
        shape: ScheduleShape = ScheduleShape()
    ) {
        self.kind = kind
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
        self.shape = shape
    }

    /// The learning rate of a step, counted from 0.
    public func rate(at step: Int) -> Double { peak * factor(at: step) }

    private func factor(at step: Int) -> Double {
        if kind == .constant { return 1 }
        if kind == .warmupStableDecay { return stableFactor(at: step) }
        if step < warmupSteps { return Double(step) / Double(max(1, warmupSteps)) }
        let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
        switch kind {
        case .constant, .constantWithWarmup, .warmupStableDecay:
            return 1
        case .linear:
            return max(0, 1 - progress)
        case .cosine:
            return max(0, Self.cosine(progress, cycles: shape.cycles ?? 0.5))
        case .cosineWithMinLR:
            let lowest = shape.minRate.map { $0 / peak } ?? shape.minRateShare ?? 0
            let factor = Self.cosine(progress, cycles: shape.cycles ?? 0.5)
            return max(0, factor * (1 - lowest) + lowest)
        case .cosineWithRestarts:
            guard progress < 1 else { return 0 }
            let place = ((shape.cycles ?? 1) * progress).truncatingRemainder(dividingBy: 1)
            return max(0, Self.cosine(place, cycles: 0.5))
        case .polynomial:
            let last = shape.lastRate / peak
            return step > totalSteps ? last : (1 - last) * pow(1 - progress, shape.power) + last
        case .inverseSqrt:
            let scale = shape.timescale ?? (warmupSteps > 0 ? warmupSteps : 10_000)
            return 1 / (Double(step + scale - warmupSteps) / Double(scale)).squareRoot()
        }
    }

    /// Warm-up, the peak, and the decay at the end.
    private func stableFactor(at step: Int) -> Double {
        let lowest = shape.minFactor
        if step < warmupSteps {
            let progress = Double(step) / Double(max(1, warmupSteps))
            let factor =
                switch shape.warmup {
                case .linear: progress
                case .cosine: 0.5 * (1 - cos(Double.pi * progress))
                case .root: 1 - (1 - progress).squareRoot()
                }
            return max(0, factor * (1 - lowest) + lowest)
        }
        let decaySteps = shape.decaySteps ?? 0
        let stable = shape.stableSteps ?? (totalSteps - warmupSteps - decaySteps)
        if step < warmupSteps + stable { return 1 }
        guard step < warmupSteps + stable + decaySteps else { return lowest }
        let progress = Double(step - warmupSteps - stable) / Double(max(1, decaySteps))
        let factor =
            switch shape.decay {
            case .linear: 1 - progress
            case .cosine: Self.cosine(progress, cycles: shape.cycles ?? 0.5)
            case .root: 1 - progress.squareRoot()
            }
        return max(0, factor * (1 - lowest) + lowest)
    }

    private static func cosine(_ progress: Double, cycles: Double) -> Double {
        0.5 * (1 + cos(Double.pi * cycles * 2 * progress))
    }
}
