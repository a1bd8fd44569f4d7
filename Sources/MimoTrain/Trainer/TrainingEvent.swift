public import MimoModel

/// What one optimizer step found.
public struct StepRecord: Sendable, Equatable {
    /// The step, counted from 1.
    public var step: Int
    /// `Σ weight · CE / N` over all rows of the step, in nats; the loss of multi-token prediction is not in it.
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
    /// What the layer for multi-token prediction found; nil where it is not trained.
    public var prediction: TargetScore?
    /// Wall time of the step, in seconds.
    public var seconds: Double
    /// What the step computed.
    public var work: TrainingWork
    /// What it would have computed without leaving out what the loss does not need.
    public var workWithoutSkipping: TrainingWork
}

/// What happens during a run, in order. The trainer itself prints nothing.
public enum TrainingEvent: Sendable {
    /// Before the first step: steps done by an earlier process, steps in all, and the seconds that the rest
    /// takes at the earlier process's speed.
    case started(done: Int, total: Int, remaining: Double?)
    /// A step is done.
    case step(StepRecord, progress: Progress)
    /// A line was added to the log.
    case logged(LogLine)
    /// An evaluation has come so far; answered with ``Disposition/stop`` it is dropped, and comes again when the run
    /// goes on.
    case evaluating(EvaluationProgress)
    /// The run was evaluated, and a line about it added to the log.
    case evaluated(EvaluationLine)
    /// A checkpoint is whole.
    case saved(path: String, step: Int)
    /// A checkpoint was removed, for no more than the limit may stay.
    case removed(path: String)
    /// Something beside the training went wrong, such as a curve that cannot be written.
    case warning(String)
    /// The run is over.
    case finished(Outcome)

    /// How a run ended.
    public struct Outcome: Sendable, Equatable {
        /// The last checkpoint.
        public var lastCheckpoint: String?
        /// The checkpoint with the best evaluation, where it is there.
        public var bestCheckpoint: String?
        /// Evaluations without a new best after which the run ended early; nil where it did not.
        public var endedEarlyAfter: Int?
        /// Whether the run was stopped before its end.
        public var wasStopped: Bool
    }

    /// How far an evaluation is.
    public struct EvaluationProgress: Sendable, Equatable {
        /// What it looks at.
        public enum Kind: String, Sendable {
            /// Rows that are scored.
            case rows
            /// Prompts that are answered.
            case answers
        }

        /// Steps done.
        public var step: Int
        /// What is looked at now.
        public var kind: Kind
        /// How many of these are done.
        public var done: Int
        /// How many there are.
        public var total: Int
    }

    /// How far the run is.
    public struct Progress: Sendable, Equatable {
        /// Steps in all.
        public var total: Int
        /// Passes over the rows so far.
        public var epoch: Double
        /// Seconds of training so far, those of earlier processes included.
        public var elapsed: Double
        /// Seconds to the end, evaluations included, at the speed so far; nil before there is one.
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
