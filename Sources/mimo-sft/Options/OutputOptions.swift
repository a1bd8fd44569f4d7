import ArgumentParser
import MimoTrain

/// What is written, when and where.
struct OutputOptions: ParsableArguments {
    @Option(help: "Folder of the runs; output/<model name> if not given.")
    var outputDir: String?

    @Option(help: "Whether each run gets a folder of its own in it, v0-20250131-235959.")
    var addVersion = true

    @Option(help: "Steps between lines of the log.")
    var loggingSteps = TrainerOptions().loggingSteps

    @Option(help: "Steps between checkpoints.")
    var saveSteps = TrainerOptions().saveSteps ?? 0

    @Option(help: "When checkpoints are saved: steps, or no, which is only at the end.")
    var saveStrategy = SaveStrategy.steps

    @Option(help: "How many checkpoints stay; all if not given.")
    var saveTotalLimit: Int?

    @Option(
        help: """
            A checkpoint to go on from, with its optimizer, log and place in the rows; \
            true for the newest whole one of the newest run.
            """
    )
    var resumeFromCheckpoint: String?

    @Option(help: "Take only the adapter from --resume-from-checkpoint and begin at step 0.")
    var resumeOnlyModel = false

    /// When checkpoints are saved.
    enum SaveStrategy: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case steps, no
    }
}
