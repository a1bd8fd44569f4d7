import ArgumentParser
import MimoInfer
import MimoTrain

/// `mimo-sft infer`: answers a person or rows.
struct Infer: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Chat with a model, or let it answer rows.",
        discussion: """
            Without rows you are asked: in a terminal, or a question a line from a pipe. With --val-dataset or \
            --load-data-args, results are appended to a file row by row, and its path is printed. What is not given \
            is read from the args.json beside the adapter.
            """
    )

    @Argument(help: "A YAML or JSON file of options; the command line wins.")
    var runFile: String?

    @OptionGroup(title: "Model")
    var model: ModelOptions

    @OptionGroup(title: "Rows")
    var input: InferenceInput

    @OptionGroup(title: "Generation")
    var generation: GenerationFlags

    @OptionGroup(title: "Template")
    var template: TemplateOptions

    @OptionGroup(title: "Machine")
    var compute: ComputeOptions

    func run() throws {
        try compute.apply()
        let run = try InferenceRun(
            model: model,
            template: template.settings,
            usesChatTemplate: template.useChatTemplate,
            generation: generation
        )
        if !input.valDataset.isEmpty || input.loadDataArgs {
            try InferBatch(run, input).run(threads: compute.threadCount())
        } else {
            var chat = try InferChat(run, input)
            try chat.run()
        }
    }
}
