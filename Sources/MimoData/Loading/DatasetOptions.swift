/// Which rows are used, and how they are mixed.
public struct DatasetOptions: Sendable, Equatable {
    /// The items of `--dataset`.
    public var items: [String] = []
    /// The items of `--val_dataset`.
    public var validationItems: [String] = []
    /// Which part of the rows is set aside for validation (`--split_dataset_ratio`), 0 to 1.
    public var splitRatio = 0.0
    /// What sampling and shuffling depend on (`--data_seed`).
    public var seed: UInt64 = 42
    /// Whether the rows are shuffled when they are loaded (`--dataset_shuffle`).
    public var shuffles = true
    /// Whether the validation rows are shuffled when they are loaded (`--val_dataset_shuffle`).
    public var shufflesValidation = false
    /// Whether the first bad row ends the run (`--strict`).
    public var isStrict = false
    /// How likely each item of ``items`` is drawn from next (`--interleave_prob`); nil to put them one behind
    /// the other.
    public var interleaveProbabilities: [Double]?
    /// When drawing from several items ends (`--stopping_strategy`).
    public var stopping = Interleaving.Stopping.firstExhausted
    /// Columns to be renamed (`--columns`).
    public var columns: [String: String] = [:]
    /// The name that self-cognition rows are filled with: one, or Chinese then other (`--model_name`).
    public var modelName: [String] = []
    /// The author that self-cognition rows are filled with (`--model_author`).
    public var modelAuthor: [String] = []
    /// How many samples the run uses at most (`--streaming`): of each data set no more rows are read than give
    /// these. Nil to read everything.
    public var streamedSamples: Int?
    /// How many threads prepare rows (`--dataset_num_proc`).
    public var threads = 1
    /// The longest row in bytes.
    public var lineLimit = 32 << 20

    /// The defaults.
    public init() {}

    /// Checks what can be checked without looking at files.
    ///
    /// - Throws: ``DataError/badOption(_:reason:)``.
    public func validate() throws {
        guard (0...1).contains(splitRatio) else {
            throw DataError.badOption("split_dataset_ratio", reason: "found \(splitRatio), expected 0 to 1")
        }
        if let probabilities = interleaveProbabilities {
            guard probabilities.count == items.count else {
                throw DataError.badOption(
                    "interleave_prob",
                    reason:
                        "\(probabilities.count) values for \(items.count) data sets; expected one for each"
                )
            }
            guard probabilities.allSatisfy({ $0 > 0 && $0.isFinite }) else {
                throw DataError.badOption(
                    "interleave_prob",
                    reason: "found \(probabilities); expected numbers above 0"
                )
            }
        }
        if streamedSamples != nil {
            guard splitRatio == 0 else {
                throw DataError.badOption(
                    "streaming",
                    reason: "goes with no --split_dataset_ratio, which needs all rows; give --val_dataset"
                )
            }
            if let item = items.first(where: { (try? DatasetItem($0))?.sample != nil }) {
                throw DataError.badOption(
                    "streaming",
                    reason: "\(item): '#' draws from all rows, which are not read; leave it out"
                )
            }
        }
        guard threads > 0 else {
            throw DataError.badOption("dataset_num_proc", reason: "found \(threads), expected at least 1")
        }
        for (option, values) in [("model_name", modelName), ("model_author", modelAuthor)]
        where values.count > 2 {
            throw DataError.badOption(
                option,
                reason: "\(values.count) values; expected one, or Chinese and English"
            )
        }
    }
}
