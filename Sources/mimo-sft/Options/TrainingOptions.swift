import ArgumentParser
import MimoTrain

/// How the training goes.
struct TrainingOptions: ParsableArguments {
    @Option(help: .taking("x", "Learning rate at the top of the schedule."))
    var learningRate = TrainerOptions().learningRate

    @Option(help: .taking("name", "Course of the learning rate."))
    var lrSchedulerType = TrainerOptions().schedule

    @Option(
        help: .taking(
            "json",
            #"What shapes that course, as JSON: {"min_lr": 1e-6}, {"num_decay_steps": 100}, {"power": 2}."#
        )
    )
    var lrSchedulerKwargs: String?

    @Option(help: .taking("x", "Share of all steps that warm up."))
    var warmupRatio = TrainerOptions().warmupRatio

    @Option(help: .taking("n", "Steps that warm up, in place of --warmup-ratio."))
    var warmupSteps = TrainerOptions().warmupSteps

    @Option(help: .taking("x", "Passes over the rows."))
    var numTrainEpochs = TrainerOptions().epochs

    @Option(help: .taking("n", "Optimizer steps, in place of --num-train-epochs."))
    var maxSteps: Int?

    @Option(help: .taking("n", "Rows of a micro-batch."))
    var perDeviceTrainBatchSize = TrainerOptions().batchSize

    @Option(help: .taking("n", "Micro-batches of a step; if not given, as many as make at least 16 rows."))
    var gradientAccumulationSteps: Int?

    @Option(help: .taking("bool", "Whether each pass has an order of its own."))
    var trainDataloaderShuffle = TrainerOptions().shufflesRows

    @Option(help: .taking("name", "The optimizer: adamw (by any of transformers' names) or sgd."))
    var optim = TrainerOptions().optimizer

    @Option(help: .taking("k=v,...", "Settings of sgd: momentum=0.9,nesterov=true."))
    var optimArgs: String?

    @Option(help: .taking("x", "The share of each label that is spread over the vocabulary."))
    var labelSmoothingFactor = TrainerOptions().labelSmoothing

    @Option(help: .taking("x", "Strength of uniform noise on the embeddings in training (NEFTune)."))
    var neftuneNoiseAlpha: Double?

    @Option(help: .taking("x", "Weight decay; norms and biases have none."))
    var weightDecay = TrainerOptions().weightDecay

    @Option(help: .taking("x", "Decay of AdamW's first moment."))
    var adamBeta1 = TrainerOptions().adamBeta1

    @Option(help: .taking("x", "Decay of AdamW's second moment."))
    var adamBeta2 = TrainerOptions().adamBeta2

    @Option(help: .taking("x", "What AdamW adds to the root of the second moment."))
    var adamEpsilon = TrainerOptions().adamEpsilon

    @Option(help: .taking("x", "The gradient's norm is clipped to this."))
    var maxGradNorm = TrainerOptions().maxGradNorm

    @Option(help: .taking("n", "What the first values and dropout depend on."))
    var seed = TrainerOptions().seed

    @Option(
        help: .taking(
            "n",
            """
            Rows of a step share passes of about this many tokens, which changes no number; \
            those of rows with a long beginning in common, which is computed once a pass, hold up to four \
            times as many beside it. 0 runs each micro-batch by itself.
            """
        )
    )
    var packingLength = TrainerOptions().packTokens

    @Option(
        help: .taking(
            "size",
            """
            What the process must not exceed, mapped weights included, such as 12GiB; if not given, what the \
            machine has free. Where it is not enough, the weights of some layers are read anew around their \
            use, and where that is not enough either, layers are computed twice: no more than it takes.
            """
        )
    )
    var memoryLimit: ByteCount?

    @Option(
        help: .taking(
            "n",
            """
            How many of the lowest layers are computed twice, to save memory; if not given, see --memory-limit. \
            Where the disk is slow it spares reading weights anew.
            """
        )
    )
    var recomputedBlocks: Int?
}
