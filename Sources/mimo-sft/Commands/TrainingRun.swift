import ArgumentParser
import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoTrain

/// A run with its options, as `sft` and `pt` share them.
struct TrainingRun: ParsableArguments {
    @Argument(help: "A YAML or JSON file of options, such as an args.json; the command line wins.")
    var runFile: String?

    @OptionGroup(title: "Model")
    var model: ModelOptions

    @OptionGroup(title: "Data")
    var data: DataOptions

    @OptionGroup(title: "Data")
    var cache: CacheOptions

    @OptionGroup(title: "Template and loss")
    var template: TemplateOptions

    @OptionGroup(title: "Tuning")
    var tuning: TuningOptions

    @OptionGroup(title: "Training")
    var training: TrainingOptions

    @OptionGroup(title: "Evaluation")
    var evaluation: EvaluationFlags

    @OptionGroup(title: "Output")
    var output: OutputOptions

    @OptionGroup(title: "Machine")
    var compute: ComputeOptions

    /// Trains, tells of it, and prints the path of what came of it.
    ///
    /// - Throws: What refuses the options or ends the run; `ExitCode` where a signal stopped it.
    func run() throws {
        try compute.apply()
        let tuning = try FineTuning(fineTuningOptions())
        Console.note(tuning.summary)
        // From here on there is something to save; before, a signal may end the process as it is.
        StopSignal.listen()
        var progress = TrainingProgress()
        var stopped: Int?
        let outcome = try tuning.run { event in
            progress.show(event)
            guard StopSignal.received != nil else { return .more }
            switch event {
            case .step(let step, _) where step.step < tuning.totalSteps: stopped = step.step
            case .evaluating(let progress): stopped = progress.step
            default: return .more
            }
            return .stop
        }
        let last = outcome.lastCheckpoint
        let best = evaluation.loadBestModelAtEnd && !outcome.wasStopped ? outcome.bestCheckpoint : nil
        if let result = best ?? last { Console.result(result) }
        guard let stopped, let signal = StopSignal.received else { return }
        Console.note(
            last.map { last in
                """
                stopped after step \(stopped) of \(tuning.totalSteps); go on with
                  mimo-sft sft \(last)/args.json --resume_from_checkpoint \(last)
                """
            } ?? "stopped before the first step; there is nothing to go on from"
        )
        throw ExitCode(128 + signal)
    }
}

extension FineTuning {
    /// What is about to happen, a line for each part.
    fileprivate var summary: String {
        let config = checkpoint.config
        var lines = skipped.map { "passed over: \($0)" }
        if beginsAnew { lines.append("no checkpoint to go on from yet: the run begins at step 0") }
        lines += warnings.map { "warning: \($0)" }
        lines.append(
            "model: \(checkpoint.directory): \(config.architecture.rawValue), \(config.layerCount) layers, "
                + "hidden size \(config.hiddenSize)"
        )
        lines.append("data: " + (report.map { "\($0)" } ?? "\(sampleCount) samples, tokenized before"))
        lines.append(tunedSummary)
        lines.append(preflight.description)
        lines.append("memory: \(memory)")
        if let resumed { lines.append("going on from \(resumed)") }
        lines.append("run: \(folder)")
        return lines.joined(separator: "\n")
    }
}
