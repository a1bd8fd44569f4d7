import ArgumentParser
import MimoData

/// Which rows.
struct DataOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: .taking(
            "file ...",
            "Files or folders of rows, each FILE[:subset][#rows]; several after one flag are mixed."
        )
    )
    var dataset: [String] = []

    @Option(help: .taking("bool", "Whether rows are shuffled when they are read."))
    var datasetShuffle = DatasetOptions().shuffles

    @Option(help: .taking("n", "What sampling and shuffling depend on."))
    var dataSeed = DatasetOptions().seed

    @Option(help: .taking("json", #"Columns to rename, as JSON: {"question": "query"}."#))
    var columns: String?

    @Option(help: .taking("bool", "Stop at the first bad row rather than dropping and counting it."))
    var strict = DatasetOptions().isStrict

    @Option(
        parsing: .singleValue,
        help: .taking("name ...", "The name in self-cognition rows: one, or Chinese and English.")
    )
    var modelName: [String] = []

    @Option(
        parsing: .singleValue,
        help: .taking("name ...", "The maker in self-cognition rows: one, or Chinese and English.")
    )
    var modelAuthor: [String] = []
}
