import ArgumentParser
import MimoData
import MimoFiles

/// `mimo-sft export`: what is done with an adapter once it is trained.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn an adapter into a merged model, or rows into tokenized ones."
    )

    @Argument(help: "A YAML or JSON file of options; the command line wins.")
    var runFile: String?

    @OptionGroup(title: "Model")
    var model: ModelOptions

    @Option(help: .taking("bool", "Merge the adapter into its base model, as mimo-sft merge does."))
    var mergeLora = false

    @Option(
        help: .taking(
            "bool",
            "Tokenize the rows of --dataset once and for all, for mimo-sft sft --cached-dataset."
        )
    )
    var toCachedDataset = false

    @OptionGroup(title: "Output")
    var output: MergeOptions

    @OptionGroup(title: "Data")
    var data: DataOptions

    @OptionGroup(title: "Template and loss")
    var template: TemplateOptions

    @OptionGroup(title: "Hub")
    var hub: HubOptions

    @OptionGroup(title: "Machine")
    var compute: ComputeOptions

    func run() throws {
        try compute.apply()
        if hub.pushToHub {
            let folder = mergeLora ? try output.outputDir ?? "\(model.adapter)-merged" : try model.adapter
            throw NotThereYet(
                "--push_to_hub: uploading is not there yet; upload the folder with another tool, for example: "
                    + "hf upload \(hub.hubModelId ?? "ID") \(folder)"
            )
        }
        guard mergeLora != toCachedDataset else {
            throw UsageError("expected one of --merge_lora true and --to_cached_dataset true")
        }
        try mergeLora ? output.merge(model) : cache()
    }

    /// Writes the rows' samples, with what they were made with.
    private func cache() throws {
        guard let folder = output.outputDir else {
            throw UsageError("--output_dir is missing; expected a folder for the tokenized rows")
        }
        guard output.existOk || !Folder.exists(folder) else {
            throw UsageError(
                "--output_dir \(folder) is there already; choose another, or pass --exist_ok true"
            )
        }
        let rows = try InspectedRows(model, data, template, compute)
        let loaded = try rows.loader.load()
        Console.note("data: \(loaded.report)")
        try SampleCache.write(loaded.train, fingerprint: rows.encoder.fingerprint, to: folder)
        Console.result(folder)
    }
}

/// Something that the command line can ask for and the program cannot do yet.
struct NotThereYet: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Where a model is uploaded to.
struct HubOptions: ParsableArguments {
    @Option(help: .taking("bool", "Upload the result; not there yet."))
    var pushToHub = false

    @Option(help: .taking("id", "The id to upload as, such as me/my-model."))
    var hubModelId: String?

    @Option(help: .taking("token", "The hub's token; it is written nowhere."))
    var hubToken: Secret?

    @Option(help: .taking("bool", "Whether the uploaded model is private."))
    var hubPrivateRepo = false
}
