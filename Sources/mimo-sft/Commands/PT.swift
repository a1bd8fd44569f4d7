import ArgumentParser
import MimoTrain

/// `mimo-sft pt`: trains on plain text.
struct PT: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Train on plain text, all of it, as in pre-training.",
        discussion: """
            Rows are {"text": "…"}, or {"messages": [{"role": "assistant", "content": "…"}]}. The text stands as it is, \
            ended by the model's end token, and everything is learned: this is mimo-sft sft with --use-chat-template false \
            and --loss-scale all. For a model from nothing see mimo-sft init, and take --tuner-type full; \
            --truncation-strategy split cuts long texts into rows.
            """
    )

    @OptionGroup
    var options: TrainingRun

    func run() throws {
        var run = options
        guard run.template.useChatTemplate != true else {
            throw UsageError("--use_chat_template is true; pt has plain text, mimo-sft sft takes templates")
        }
        let scale = run.template.lossScale
        guard [TemplateOptions.plainTextScale, TemplateSettings().lossScale].contains(scale) else {
            throw UsageError(
                "--loss_scale is \(scale); pt learns all of the text, mimo-sft sft takes loss scales"
            )
        }
        run.template.useChatTemplate = false
        run.template.lossScale = TemplateOptions.plainTextScale
        try run.run()
    }
}

extension TemplateOptions {
    /// What counts where text is not a conversation: all of it.
    fileprivate static let plainTextScale = "all"
}
