import MimoData

/// The rows that a run trains on, whichever way they come.
struct TrainingRows {
    /// The rows as samples.
    let samples: SampleCensus
    /// What became of the rows that were read; nil where they were tokenized before.
    let report: RowReport?
    /// The rows that are set aside for validation; nil where there are none.
    let validation: SampleCensus?
    /// What became of the rows of `--val_dataset`; nil where none were given.
    let validationReport: RowReport?

    /// Reads data sets, or caches of tokenized ones.
    ///
    /// - Throws: What refuses an item, a cache, or a row; ``MimoData/DataError`` for ids that the model has no
    ///   embedding for; ``TrainError/noRows`` where no row teaches anything.
    init(_ options: FineTuningOptions, _ encoding: any RowEncoding, vocabularySize: Int) throws {
        let train: any SampleSource
        let others: (any SampleSource)?
        if options.cachedDatasets.isEmpty {
            let loaded = try DatasetLoader(options: options.data, encoder: encoding).load()
            (train, report) = (loaded.train, loaded.report)
            others = loaded.validation
            validationReport = options.data.validationItems.isEmpty ? nil : loaded.validationReport
        } else {
            guard options.data.items.isEmpty else {
                throw DataError.badOption(
                    "cached_dataset",
                    reason: "goes with no --dataset; give one of them"
                )
            }
            guard let encoder = encoding as? RowEncoder else {
                throw DataError.badOption(
                    "cached_dataset",
                    reason: "the model has no tokenizer or no template, so caches cannot be checked"
                )
            }
            train = ConcatenatedSamples(
                try options.cachedDatasets.map { try SampleCache.read($0, fingerprint: encoder.fingerprint) }
            )
            (report, others, validationReport) = (nil, nil, nil)
        }
        samples = try SampleCensus(train, vocabularySize: vocabularySize)
        guard samples.countedTokens > 0 else { throw TrainError.noRows }
        validation = try others.map { try SampleCensus($0, vocabularySize: vocabularySize) }
    }
}

/// Sets of samples, one behind the other.
struct ConcatenatedSamples: SampleSource {
    private let sets: [SampleSet]
    let count: Int

    init(_ sets: [SampleSet]) {
        self.sets = sets
        count = sets.reduce(0) { $0 + $1.count }
    }

    func sample(_ number: Int) throws -> Sample {
        let (set, place) = place(of: number)
        return try set.sample(place)
    }

    func length(of number: Int) -> Int {
        let (set, place) = place(of: number)
        return set.length(of: place)
    }

    private func place(of number: Int) -> (set: SampleSet, place: Int) {
        var rest = number
        for set in sets {
            if rest < set.count { return (set, rest) }
            rest -= set.count
        }
        preconditionFailure("sample \(number) of \(count)")
    }
}

extension SampleSet: SampleSource {}
