import ArgumentParser

/// Which model.
struct ModelOptions: ParsableArguments {
    @Option(
        help: .taking(
            "model",
            """
            The base model: its folder, or its id where it stands in the Hugging Face or ModelScope cache. \
            Not needed where --adapters has an args.json.
            """
        )
    )
    var model: String?

    @Option(
        parsing: .singleValue,
        help: .taking(
            "folder ...",
            "Adapter folders to start from or to use, such as output/…/checkpoint-100, or a run's folder."
        )
    )
    var adapters: [String] = []
}
