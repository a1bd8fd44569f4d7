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

    @Option(
        parsing: .singleValue,
        help: .taking(
            "file ...",
            "Rows that are not trained on: evaluations score them, and mimo-sft infer --load-data-args answers them."
        )
    )
    var valDataset: [String] = []

    @Option(help: .taking("x", "Share of the rows that is set aside for the same, 0 to 1."))
    var splitDatasetRatio = DatasetOptions().splitRatio

    @Option(
        parsing: .singleValue,
        help: .taking(
            "x ...",
            "How likely each data set is drawn from next; one behind the other if not given."
        )
    )
    var interleaveProb: [Double] = []

    @Option(help: .taking("when", "When drawing from several data sets ends."))
    var stoppingStrategy = DatasetOptions().stopping

    @Option(help: .taking("bool", "Whether rows are shuffled when they are read."))
    var datasetShuffle = DatasetOptions().shuffles

    @Option(help: .taking("bool", "Whether the rows of --val-dataset are shuffled when they are read."))
    var valDatasetShuffle = DatasetOptions().shufflesValidation

    @Option(help: .taking("n", "What sampling and shuffling depend on."))
    var dataSeed = DatasetOptions().seed

    @Option(help: .taking("json", #"Columns to rename, as JSON: {"question": "query"}."#))
    var columns: String?

    @Option(help: .taking("n", "Threads that prepare rows; --threads if not given."))
    var datasetNumProc: Int?

    @Option(
        help: .taking(
            "bool",
            "Read no more rows than --max-steps uses, from the beginning of each data set, however long it is."
        )
    )
    var streaming = false

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

/// Rows that were tokenized before.
struct CacheOptions: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: .taking(
            "folder ...",
            "Rows tokenized before by mimo-sft export --to-cached-dataset, in place of --dataset."
        )
    )
    var cachedDataset: [String] = []
}
