import MimoData

/// The rows that a run trains on, whichever way they come.
struct TrainingRows {
    /// The rows as samples.
    let samples: any SampleSource
    /// What became of the rows that were read; nil where they were tokenized before.
    let report: RowReport?
    /// Names the rows' content.
    let fingerprint: String

    /// Reads data sets, or caches of tokenized ones.
    ///
    /// - Throws: What refuses an item, a cache, or a row; ``MimoData/DataError`` for ids that the model has no
    ///   embedding for; ``TrainError/noRows`` where no row teaches anything.
    init(_ options: FineTuningOptions, _ encoding: any RowEncoding, vocabularySize: Int) throws {
        if options.cachedDatasets.isEmpty {
            let loaded = try DatasetLoader(options: options.data, encoder: encoding).load()
            (samples, report) = (loaded.train, loaded.report)
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
            report = nil
        }
        fingerprint = try Self.fingerprint(of: samples, vocabularySize: vocabularySize)
    }

    private static func fingerprint(of samples: any SampleSource, vocabularySize: Int) throws -> String {
        var fingerprint = Fingerprint()
        var learnsSomething = false
        for index in 0..<samples.count {
            let sample = try samples.sample(index)
            if let id = sample.ids.first(where: { $0 < 0 || $0 >= vocabularySize }) {
                throw DataError.badRow(
                    "\(sample.origin): token \(id) is beyond the model's vocabulary of \(vocabularySize); "
                        + "its tokenizer belongs to another model"
                )
            }
            fingerprint.add(sample)
            learnsSomething = learnsSomething || sample.labels.dropFirst().contains { $0 >= 0 }
        }
        guard learnsSomething else { throw TrainError.noRows }
        return fingerprint.text
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
        var rest = number
        for set in sets {
            if rest < set.count { return try set.sample(rest) }
            rest -= set.count
        }
        preconditionFailure("sample \(number) of \(count)")
    }
}

extension SampleSet: SampleSource {}
