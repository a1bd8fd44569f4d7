public import MimoModel

/// What one optimizer step found.
public struct StepRecord: Sendable, Equatable {
    /// The step, counted from 1.
    public var step: Int
    /// `Σ weight · CE / N` over all rows of the step, in nats.
    public var loss: Double
    /// Norm of all gradients before clipping.
    public var gradientNorm: Double
    /// The learning rate that the step used.
    public var learningRate: Double
    /// Tokens of the step's rows.
    public var tokens: Int
    /// Labels that counted.
    public var countedTokens: Int
    /// Counted labels that had the largest logit.
    public var correctTokens: Int
    /// Wall time of the step, in seconds.
    public var seconds: Double
    /// What the step computed, and what it would have been without leaving out what the loss does not need.
    public var work: TrainingWork
    public var workWithoutSkipping: TrainingWork
}

/// What happens during a run, in order. The trainer itself prints nothing.
public enum TrainingEvent: Sendable {
    /// Before the first step: steps done by an earlier run, and steps in all.
    case started(done: Int, total: Int)
    /// A step is done.
    case step(StepRecord, progress: Progress)
    /// A line was added to the log.
    case logged(LogLine)
    /// A checkpoint is whole.
    case saved(path: String, step: Int)
    /// A checkpoint was removed, for no more than the limit may stay.
    case removed(path: String)
    /// The run is over.
    case finished(lastCheckpoint: String?, wasStopped: Bool)

    /// How far the run is.
    public struct Progress: Sendable, Equatable {
        /// Steps in all.
        public var total: Int
        /// Passes over the rows so far.
        public var epoch: Double
        /// Seconds since this process began to train.
        public var elapsed: Double
        /// Seconds to the end at the speed so far; nil before there is one.
        public var remaining: Double?
        /// Tokens per second of this process so far.
        public var tokensPerSecond: Double
    }
}

/// Whether the trainer goes on.
public enum Disposition: Sendable {
    /// Go on with the next step.
    case more
    /// Save a checkpoint and end the run.
    case stop
}
