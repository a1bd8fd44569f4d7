import ArgumentParser

/// `mimo-sft sft`: trains an adapter.
struct SFT: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train an adapter on rows of conversation.",
        discussion: """
            Writes OUTPUT/vN-DATE-TIME/ with report.html, args.json, logging.jsonl, curves in images/, TensorBoard's \
            events in runs/ and checkpoint-N/ folders, and prints the path of the last checkpoint, or of the best. Ctrl-C and SIGTERM finish the step or leave the evaluation, save a checkpoint and say how to go on; a \
            second one ends the process at once.
            """
    )

    @OptionGroup
    var options: TrainingRun

    func run() throws { try options.run() }
}
