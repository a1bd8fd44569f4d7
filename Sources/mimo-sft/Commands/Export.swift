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

    @Option(help: "Merge the adapter into its base model, as mimo-sft merge does.")
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
            throw UsageError(
                "--push_to_hub: uploading is not there yet; upload the folder with another tool, for example: "
                    + "hf upload \(hub.hubModelId ?? "ID") \(folder)"
            )
        }
        guard mergeLora else { throw UsageError("nothing to do; pass --merge_lora true") }
        try output.merge(model)
    }
}

/// Where a model is uploaded to.
struct HubOptions: ParsableArguments {
    @Option(help: "Upload the result; not there yet.")
    var pushToHub = false

    @Option(help: "The id to upload as, such as me/my-model.")
    var hubModelId: String?

    @Option(help: "The hub's token; it is written nowhere.")
    var hubToken: Secret?

    @Option(help: "Whether the uploaded model is private.")
    var hubPrivateRepo = false
}
