import ArgumentParser
import MimoTrain

/// What is written, when and where.
struct OutputOptions: ParsableArguments {
    @Option(help: .taking("folder", "Folder of the runs; output/<model name> if not given."))
    var outputDir: String?

    @Option(help: .taking("bool", "Whether each run gets a folder of its own in it, v0-20250131-235959."))
    var addVersion = true

    @Option(help: .taking("n", "Steps between lines of the log."))
    var loggingSteps = TrainerOptions().loggingSteps

    @Option(help: .taking("n", "Steps between checkpoints."))
    var saveSteps = TrainerOptions().saveSteps ?? 0

    @Option(
        help: .taking(
            "when",
            "When checkpoints are saved; best is at each evaluation that is the best so far, no only at the end."
        )
    )
    var saveStrategy = SaveStrategy.steps

    @Option(
        help: .taking(
            "n",
            "How many checkpoints stay, the best and the last always among them; all if not given."
        )
    )
    var saveTotalLimit: Int?

    @Option(
        help: .taking(
            "folder",
            """
            A checkpoint, or a run's folder, to go on from, with its optimizer, log and place in the rows; true \
            for the newest whole checkpoint of the newest run, or a new run where there is none yet.
            """
        )
    )
    var resumeFromCheckpoint: String?

    @Option(help: .taking("bool", "Take only the adapter from --resume-from-checkpoint and begin at step 0."))
    var resumeOnlyModel = false

    /// When checkpoints are saved.
    enum SaveStrategy: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case steps, epoch, best, no
    }
}
