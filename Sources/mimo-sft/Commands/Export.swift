import ArgumentParser

/// `mimo-sft export`: what is done with an adapter once it is trained.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turn an adapter into something else: with --merge-lora, a merged model."
    )

    @Argument(help: "A YAML or JSON file of options; the command line wins.")
    var runFile: String?

    @OptionGroup(title: "Model")
    var model: ModelOptions

    @Option(help: .taking("bool", "Merge the adapter into its base model, as mimo-sft merge does."))
    var mergeLora = false

    @OptionGroup(title: "Output")
    var output: MergeOptions

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
        guard mergeLora else { throw UsageError("nothing to do; pass --merge_lora true") }
        try output.merge(model)
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
