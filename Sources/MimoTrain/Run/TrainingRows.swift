import MimoData

/// The rows that a run trains on, whichever way they come.
struct TrainingRows {
    /// The rows as samples.
    let samples: any SampleSource
    /// What became of the rows that were read; nil where they were tokenized before.
    let report: RowReport?
    /// Names the rows' content.
    let fingerprint: String
    /// The rows that are set aside for validation; nil where there are none.
    let validation: (any SampleSource)?
    /// Names their content.
    let validationFingerprint: String?
    /// What became of the rows of `--val_dataset`; nil where none were given.
    let validationReport: RowReport?
    /// How many labels of the rows count.
    let countedTokens: Int

    /// Reads data sets, or caches of tokenized ones.
    ///
    /// - Throws: What refuses an item, a cache, or a row; ``MimoData/DataError`` for ids that the model has no
    ///   embedding for; ``TrainError/noRows`` where no row teaches anything.
    init(_ options: FineTuningOptions, _ encoding: any RowEncoding, vocabularySize: Int) throws {
        if options.cachedDatasets.isEmpty {
            let loaded = try DatasetLoader(options: options.data, encoder: encoding).load()
            (samples, report) = (loaded.train, loaded.report)
            validation = loaded.validation
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
            samples = ConcatenatedSamples(
                try options.cachedDatasets.map { try SampleCache.read($0, fingerprint: encoder.fingerprint) }
            )
            (report, validation, validationReport) = (nil, nil, nil)
        }
        (fingerprint, countedTokens) = try Self.fingerprint(of: samples, vocabularySize: vocabularySize)
        guard countedTokens > 0 else { throw TrainError.noRows }
        validationFingerprint = try validation.map {
            try Self.fingerprint(of: $0, vocabularySize: vocabularySize).text
        }
    }

    private static func fingerprint(
        of samples: any SampleSource,
        vocabularySize: Int
    ) throws -> (text: String, countedTokens: Int) {
        var fingerprint = Fingerprint()
        var counted = 0
        for index in 0..<samples.count {
            let sample = try samples.sample(index)
            if let id = sample.ids.first(where: { $0 < 0 || $0 >= vocabularySize }) {
                throw DataError.badRow(
                    "\(sample.origin): token \(id) is beyond the model's vocabulary of \(vocabularySize); "
                        + "its tokenizer belongs to another model"
                )
            }
            fingerprint.add(sample)
            counted += sample.labels.dropFirst().count { $0 >= 0 }
        }
        return (fingerprint.text, counted)
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
