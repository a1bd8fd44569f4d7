import ArgumentParser
import MimoTrain

/// How a run is evaluated.
struct EvaluationFlags: ParsableArguments {
    /// When a run is evaluated.
    enum Strategy: String, ExpressibleByArgument, CaseIterable, OptionValue {
        case steps, epoch, no
    }

    @Option(
        help: .taking(
            "when",
            """
            When the rows of --val-dataset or --split-dataset-ratio are scored and --retention-prompts answered: \
            as checkpoints are saved if not given. The last step ends with an evaluation too.
            """
        )
    )
    var evalStrategy: Strategy?

    @Option(help: .taking("n", "Steps between evaluations; --save-steps if not given."))
    var evalSteps: Int?

    @Option(help: .taking("bool", "Whether there is an evaluation before the first step."))
    var evalOnStart = EvaluationOptions().atStart

    @Option(help: .taking("n", "Rows of a pass of an evaluation with --packing-length 0."))
    var perDeviceEvalBatchSize = EvaluationOptions().batchSize

    @Option(
        help: .taking(
            "name",
            "What the best checkpoint is best in: loss, token_acc, retention_closed_think and so on."
        )
    )
    var metricForBestModel = EvaluationOptions().metric

    @Option(help: .taking("bool", "Whether more of it is better; by default unless its name has loss in it."))
    var greaterIsBetter: Bool?

    @Option(
        help: .taking(
            "bool",
            "End with the best checkpoint: a new best is always saved, never removed, and its path printed."
        )
    )
    var loadBestModelAtEnd = EvaluationOptions().loadsBest

    @Option(help: .taking("n", "Evaluations without a new best after which the run ends."))
    var earlyStopInterval: Int?

    @Option(
        help: .taking(
            "file",
            """
            Rows with messages or query, and maybe answer, that are answered before the first step and at each \
            evaluation, to see whether the model goes on thinking.
            """
        )
    )
    var retentionPrompts: String?

    @Option(help: .taking("n", "The longest of these answers in tokens."))
    var retentionMaxNewTokens = RetentionOptions().maxNewTokens

    @Option(
        help: .taking(
            "x",
            """
            How far the rates of closed think blocks and right answers may fall, or that of empty blocks rise, \
            before there is an alarm; thinking may shrink by half.
            """
        )
    )
    var retentionTolerance = RetentionOptions().tolerance

    /// Puts the options in their places; what is not given follows when checkpoints are saved.
    func fill(_ options: inout FineTuningOptions, following output: OutputOptions) {
        var evaluation = EvaluationOptions()
        let like: Strategy =
            switch output.saveStrategy {
            case .steps, .best: .steps
            case .epoch: .epoch
            case .no: evalSteps == nil ? .no : .steps
            }
        switch evalStrategy ?? like {
        case .steps: evaluation.steps = evalSteps ?? output.saveSteps
        case .epoch: evaluation.endsEpochs = true
        case .no: break
        }
        evaluation.atStart = evalOnStart
        evaluation.batchSize = perDeviceEvalBatchSize
        evaluation.metric = metricForBestModel
        evaluation.greaterIsBetter = greaterIsBetter
        evaluation.loadsBest = loadBestModelAtEnd
        evaluation.savesBest = output.saveStrategy == .best
        evaluation.patience = earlyStopInterval
        options.trainer.evaluation = evaluation
        options.retention.prompts = retentionPrompts
        options.retention.maxNewTokens = retentionMaxNewTokens
        options.retention.tolerance = retentionTolerance
    }
}
