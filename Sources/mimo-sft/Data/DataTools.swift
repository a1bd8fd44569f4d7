import ArgumentParser
import MimoData
import MimoFiles
import MimoModel
import MimoText
import MimoTrain

/// `mimo-sft data`: looks at rows as training sees them.
struct DataTools: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "See what training makes of rows, check them, and use the tokenizer and templates alone.",
        subcommands: [
            DataPreview.self, DataCheck.self, DataCheckTokens.self, DataTokenize.self, DataRender.self,
        ]
    )
}

/// The options of the commands that look at rows.
struct InspectionOptions: ParsableArguments {
    @OptionGroup(title: "Model")
    var model: ModelOptions

    @OptionGroup(title: "Data")
    var data: DataOptions

    @OptionGroup(title: "Template and loss")
    var template: TemplateOptions

    @OptionGroup(title: "Machine")
    var compute: ComputeOptions

    /// The rows that these options name.
    ///
    /// - Throws: As ``InspectedRows`` does.
    func rows() throws -> InspectedRows { try InspectedRows(model, data, template, compute) }
}

/// What the commands that look at rows have in common.
struct InspectedRows {
    /// What reads the rows.
    let loader: DatasetLoader
    /// What makes samples of them.
    let encoder: RowEncoder

    /// The rows of these options; of the model only its tokenizer and config.json are read.
    ///
    /// - Throws: ``UsageError`` where an option is missing, and what refuses the model's files.
    init(_ model: ModelOptions, _ data: DataOptions, _ template: TemplateOptions, _ compute: ComputeOptions)
        throws
    {
        guard !data.dataset.isEmpty else {
            throw UsageError("--dataset is missing; expected a file of rows, such as data.jsonl")
        }
        let name = try model.model ?? StarterModel.folder()
        let directory = try ModelLocator().directory(for: name)
        let config = try ModelConfig(directory: directory)
        let encoding = try template.settings.encoding(in: directory, config, named: name)
        guard let encoder = encoding as? RowEncoder else {
            throw UsageError((encoding as? TokenizedRowEncoder)?.refusal ?? "\(name) has no tokenizer")
        }
        var options = try data.datasetOptions
        options.threads = try data.datasetNumProc ?? compute.threadCount()
        self.encoder = encoder
        loader = try DatasetLoader(options: options, encoder: encoder)
        for warning in encoder.warnings { Console.note("warning: \(warning)") }
    }
}
