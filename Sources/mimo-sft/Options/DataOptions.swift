import ArgumentParser
import MimoData

/// Which rows.
struct DataOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: "Files or folders of rows, each FILE[:subset][#rows]; several after one flag are mixed."
    )
    var dataset: [String] = []

    @Option(help: "Whether rows are shuffled when they are read.")
    var datasetShuffle = DatasetOptions().shuffles

    @Option(help: "What sampling and shuffling depend on.")
    var dataSeed = DatasetOptions().seed

    @Option(help: #"Columns to rename, as JSON: {"question": "query"}."#)
    var columns: String?

    @Option(help: "Stop at the first bad row rather than dropping and counting it.")
    var strict = DatasetOptions().isStrict

    @Option(parsing: .singleValue, help: "The name in self-cognition rows: one, or Chinese and English.")
    var modelName: [String] = []

    @Option(parsing: .singleValue, help: "The maker in self-cognition rows: one, or Chinese and English.")
    var modelAuthor: [String] = []
}
