import ArgumentParser
import MimoTrain

/// How the training goes.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Learning rate at the top of the schedule.")
    var learningRate = TrainerOptions().learningRate

    @Option(help: "Course of the learning rate.")
    var lrSchedulerType = TrainerOptions().schedule

    @Option(help: "Share of all steps that warm up.")
    var warmupRatio = TrainerOptions().warmupRatio

    @Option(help: "Steps that warm up, in place of --warmup-ratio.")
    var warmupSteps = TrainerOptions().warmupSteps

    @Option(help: "Passes over the rows.")
    var numTrainEpochs = TrainerOptions().epochs

    @Option(help: "Optimizer steps, in place of --num-train-epochs.")
    var maxSteps: Int?

    @Option(help: "Rows of a micro-batch.")
    var perDeviceTrainBatchSize = TrainerOptions().batchSize

    @Option(help: "Micro-batches of a step; if not given, as many as make at least 16 rows.")
    var gradientAccumulationSteps: Int?

    @Option(help: "Whether each pass has an order of its own.")
    var trainDataloaderShuffle = TrainerOptions().shufflesRows

    @Option(help: "Decoupled weight decay.")
    var weightDecay = TrainerOptions().weightDecay

    @Option(help: "Decay of AdamW's first moment.")
    var adamBeta1 = TrainerOptions().adamBeta1

    @Option(help: "Decay of AdamW's second moment.")
    var adamBeta2 = TrainerOptions().adamBeta2

    @Option(help: "What AdamW adds to the root of the second moment.")
    var adamEpsilon = TrainerOptions().adamEpsilon

    @Option(help: "The gradient's norm is clipped to this.")
    var maxGradNorm = TrainerOptions().maxGradNorm

    @Option(help: "What the first values and dropout depend on.")
    var seed = TrainerOptions().seed

    @Option(
        help: """
            Rows of a step share passes of about this many tokens, which changes no number; \
            0 runs each micro-batch by itself.
            """
    )
    var packingLength = TrainerOptions().packTokens

    @Option(help: "How many of the lowest blocks are computed twice, to save memory.")
    var recomputedBlocks = TrainerOptions().recomputedBlocks
}
