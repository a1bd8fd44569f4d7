#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The course of the learning rate over a run: linear warm-up, then one of transformers' schedules.
public struct LearningRateSchedule: Sendable, Equatable {
    /// What follows the warm-up.
    public enum Kind: String, Sendable, CaseIterable {
        /// Half a cosine down to 0.
        case cosine
        /// A straight line down to 0.
        case linear
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

    /// A schedule for a run of this many steps.
    public init(kind: Kind, peak: Double, warmupSteps: Int, totalSteps: Int) {
        self.kind = kind
        self.peak = peak
        self.warmupSteps = warmupSteps
        self.totalSteps = totalSteps
    }

    /// The learning rate of a step, counted from 0.
    public func rate(at step: Int) -> Double {
        if kind == .constant { return peak }
        if step < warmupSteps { return peak * Double(step) / Double(max(1, warmupSteps)) }
        let progress = Double(step - warmupSteps) / Double(max(1, totalSteps - warmupSteps))
        switch kind {
        case .constant, .constantWithWarmup: return peak
        case .linear: return peak * max(0, 1 - progress)
        case .cosine: return peak * max(0, 0.5 * (1 + cos(Double.pi * progress)))
        }
    }
}
