/// How a run trains: what the steps are made of, how they change the adapter, and what is written when.
///
/// The defaults are ms-swift's.
public struct TrainerOptions: Sendable, Equatable {
    /// Learning rate at the top of the schedule.
    public var learningRate = 1e-4
    /// Decay of the weights per unit of learning rate (decoupled).
    public var weightDecay = 0.1
    /// Decay of AdamW's first moment.
    public var adamBeta1 = 0.9
    /// Decay of AdamW's second moment.
    public var adamBeta2 = 0.95
    /// Added to the root of AdamW's second moment.
    public var adamEpsilon = 1e-8
    /// The rule that turns gradients into steps.
    public var optimizer = OptimizerKind.adamW
    /// SGD's momentum; 0 for none.
    public var sgdMomentum = 0.0
    /// Whether SGD's momentum is Nesterov's.
    public var usesNesterov = false
    /// The share of each label that is spread over the vocabulary.
    public var labelSmoothing = 0.0
    /// The strength of noise on the embeddings (NEFTune); nil for none.
    public var neftuneAlpha: Double?
    /// The part of the loss of multi-token prediction in the loss; 0 leaves the layer as it is.
    public var mtpLossWeight = 0.0
    /// What B's learning rate is multiplied with (LoRA+, Hayou et al. 2024); nil for LoRA.
    public var loraPlusRatio: Double?
    /// The gradient's norm is clipped to this.
    public var maxGradNorm = 1.0
    /// The course of the learning rate.
    public var schedule = LearningRateSchedule.Kind.cosine
    /// What shapes it, beside the kind.
    public var scheduleShape = ScheduleShape()
    /// Steps of linear warm-up; 0 leaves it to ``warmupRatio``.
    public var warmupSteps = 0
    /// Share of all steps that warm up.
    public var warmupRatio = 0.0
    /// Rows of a micro-batch.
    public var batchSize = 1
    /// Micro-batches of an optimizer step; nil: as many as make at least 16 rows.
    public var gradientAccumulationSteps: Int?
    /// Passes over the rows; a fraction ends within a pass.
    public var epochs = 3.0
    /// Optimizer steps; overrides ``epochs``.
    public var maxSteps: Int?
    /// Steps between logged lines.
    public var loggingSteps = 5
    /// Steps between checkpoints; nil: only at the end.
    public var saveSteps: Int? = 500
    /// Whether each pass over the rows ends with a checkpoint.
    public var savesEpochs = false
    /// When the run is evaluated.
    public var evaluation = EvaluationOptions()
    /// How many checkpoints stay, the best and the last always among them; nil: all.
    public var saveTotalLimit: Int?
    /// Whether each epoch has an order of its own.
    public var shufflesRows = true
    /// Names dropout and the adapter's first values.
    public var seed: UInt64 = 42
    /// Names the rows' order.
    public var dataSeed: UInt64 = 42
    /// Share of LoRA's inputs that are dropped.
    public var loraDropout = 0.05
    /// Rows of a step are packed into passes of about this many tokens; a longer row is a pass of its own.
    /// 0 runs every micro-batch as a pass.
    public var packTokens = 1024
    /// Whether rows that begin with the same tokens compute them once a pack, which beside a long beginning holds
    /// up to four times ``packTokens``.
    public var sharesPrefixes = true
    /// How many of the lowest blocks run forward again in the backward, to save memory; nil: as few as
    /// ``memoryLimit`` allows. No number changes by it.
    public var recomputedBlocks: Int?
    /// What the process must not exceed, in bytes; nil: what the machine has free.
    public var memoryLimit: Int?

    /// The defaults.
    public init() {}

    /// Whether the layer for multi-token prediction is trained.
    public var trainsPrediction: Bool { mtpLossWeight > 0 }

    /// Whether rows can share what they begin with: rows with noise of their own have no beginning in common, and
    /// a shared token no one token after next.
    var sharesBeginnings: Bool { sharesPrefixes && neftuneAlpha == nil && !trainsPrediction }

    /// Micro-batches of an optimizer step.
    public var accumulation: Int {
        gradientAccumulationSteps ?? max(1, (16 + batchSize - 1) / max(1, batchSize))
    }

    /// Rows of an optimizer step.
    public var rowsPerStep: Int { batchSize * accumulation }

    /// Refuses values that no run can have.
    ///
    /// - Throws: ``TrainError/option(name:found:expected:)`` for the first of them.
    public func validate() throws {
        func check(
            _ condition: Bool,
            _ name: String,
            _ found: some CustomStringConvertible,
            _ expected: String
        )
            throws
        {
            guard condition else {
                throw TrainError.option(name: name, found: found.description, expected: expected)
            }
        }
        try check(
            learningRate.isFinite && learningRate >= 0,
            "learning_rate",
            learningRate,
            "a number from 0 on"
        )
        try check(weightDecay.isFinite && weightDecay >= 0, "weight_decay", weightDecay, "a number from 0 on")
        try check((0..<1).contains(adamBeta1), "adam_beta1", adamBeta1, "at least 0 and below 1")
        try check((0..<1).contains(adamBeta2), "adam_beta2", adamBeta2, "at least 0 and below 1")
        try check(adamEpsilon > 0, "adam_epsilon", adamEpsilon, "a number above 0")
        try check((0..<1).contains(sgdMomentum), "optim_args momentum", sgdMomentum, "at least 0 and below 1")
        try check(
            (0..<1).contains(labelSmoothing),
            "label_smoothing_factor",
            labelSmoothing,
            "at least 0 and below 1"
        )
        try check(
            neftuneAlpha.map { $0.isFinite && $0 >= 0 } ?? true,
            "neftune_noise_alpha",
            neftuneAlpha ?? 0,
            "a number from 0 on"
        )
        try check(
            loraPlusRatio.map { $0.isFinite && $0 > 0 } ?? true,
            "lorap_lr_ratio",
            loraPlusRatio ?? 0,
            "a number above 0"
        )
        try check(
            mtpLossWeight.isFinite && mtpLossWeight >= 0,
            "mtp_loss_weight",
            mtpLossWeight,
            "a number from 0 on"
        )
        try check(maxGradNorm > 0, "max_grad_norm", maxGradNorm, "a number above 0")
        try check(warmupSteps >= 0, "warmup_steps", warmupSteps, "a whole number from 0 on")
        try check((0...1).contains(warmupRatio), "warmup_ratio", warmupRatio, "a share from 0 to 1")
        try check(batchSize > 0, "per_device_train_batch_size", batchSize, "a whole number from 1 on")
        try check(accumulation > 0, "gradient_accumulation_steps", accumulation, "a whole number from 1 on")
        try check(epochs.isFinite && epochs > 0, "num_train_epochs", epochs, "a number above 0")
        try check(maxSteps ?? 1 > 0, "max_steps", maxSteps ?? 1, "a whole number from 1 on")
        try check(loggingSteps > 0, "logging_steps", loggingSteps, "a whole number from 1 on")
        try check(saveSteps ?? 1 > 0, "save_steps", saveSteps ?? 1, "a whole number from 1 on")
        try check(
            saveTotalLimit ?? 1 > 0,
            "save_total_limit",
            saveTotalLimit ?? 1,
            "a whole number from 1 on"
        )
        try check(
            evaluation.steps ?? 1 > 0,
            "eval_steps",
            evaluation.steps ?? 1,
            "a whole number from 1 on"
        )
        try check(
            evaluation.batchSize > 0,
            "per_device_eval_batch_size",
            evaluation.batchSize,
            "a whole number from 1 on"
        )
        try check(
            evaluation.patience ?? 1 > 0,
            "early_stop_interval",
            evaluation.patience ?? 1,
            "a whole number from 1 on"
        )
        try check((0..<1).contains(loraDropout), "lora_dropout", loraDropout, "at least 0 and below 1")
        try check(
            recomputedBlocks ?? 0 >= 0,
            "recomputed_blocks",
            recomputedBlocks ?? 0,
            "a whole number from 0 on"
        )
        try check(packTokens >= 0, "packing_length", packTokens, "a whole number from 0 on")
    }
}
