internal import MimoFiles

/// Loads data sets: from the items of `--dataset` to samples in an order.
public struct DatasetLoader: Sendable {
    /// What was loaded.
    public struct Loaded: Sendable {
        /// The samples to train on.
        public let train: SampleSet
        /// The samples to validate with; nil where there are none.
        public let validation: SampleSet?
        /// What became of the rows to train on, and of those set aside from them.
        public let report: RowReport
        /// What became of the rows of `--val_dataset`.
        public let validationReport: RowReport
    }

    /// Which rows, and how they are mixed.
    public let options: DatasetOptions
    /// What makes samples of them.
    public let encoder: any RowEncoding

    /// A loader.
    ///
    /// - Throws: ``DataError/badOption(_:reason:)``.
    public init(options: DatasetOptions, encoder: any RowEncoding) throws {
        try options.validate()
        self.options = options
        self.encoder = encoder
    }

    /// Reads, samples, encodes and shuffles everything.
    ///
    /// - Returns: the samples with a report in which every row is accounted for.
    /// - Throws: ``FileError`` where a file cannot be read; ``DataError`` where an item is wrong or no row is
    ///   left; ``RowError`` for a bad row where the options are strict, or too long a one where the truncation
    ///   strategy is `raise`.
    public func load() throws -> Loaded {
        guard !options.items.isEmpty else {
            throw DataError.badOption("dataset", reason: "it names no rows; expected a file, folder or id")
        }
        let storage = SampleStorage.Builder()
        var report = RowReport()
        var trainParts: [[UInt32]] = []
        // Data sets that are drawn from by turns may each have to give all.
        var missing = options.streamedSamples
        let isMixed = options.interleaveProbabilities != nil
        var validationParts: [[UInt32]] = []
        for (index, item) in options.items.enumerated() {
            if missing == 0 {
                report.stoppedEarly = true
                break
            }
            let part = try load(
                DatasetItem(item),
                stream: UInt64(index),
                ratio: options.splitRatio,
                atMost: missing,
                into: storage
            )
            if !isMixed { missing = missing.map { max(0, $0 - part.train.count) } }
            trainParts.append(part.train)
            validationParts.append(part.validation)
            report.add(part.report)
        }
        var train = mixed(trainParts, stream: 1 << 35)
        var validation = mixed(validationParts, stream: 1 << 36)
        var validationReport = RowReport()
        for (index, item) in options.validationItems.enumerated() {
            let part = try load(DatasetItem(item), stream: 1 << 32 | UInt64(index), ratio: 0, into: storage)
            validation += part.train
            validationReport.add(part.report)
        }
        if options.shuffles { train = shuffled(train, stream: 1 << 33) }
        if options.shufflesValidation { validation = shuffled(validation, stream: 1 << 34) }
        guard !train.isEmpty || (options.splitRatio == 1 && !validation.isEmpty) else {
            throw DataError.noRows("no row is left to train on; \(report)")
        }
        let samples = storage.finish()
        return Loaded(
            train: SampleSet(samples, order: train),
            validation: validation.isEmpty ? nil : SampleSet(samples, order: validation),
            report: report,
            validationReport: validationReport
        )
    }

    /// The samples of several items one behind the other, or drawn by turns.
    private func mixed(_ parts: [[UInt32]], stream: UInt64) -> [UInt32] {
        guard let probabilities = options.interleaveProbabilities, parts.count > 1 else {
            return Array(parts.joined())
        }
        return Interleaving(
            probabilities: probabilities,
            stopping: options.stopping,
            seed: options.seed,
            stream: stream
        )
        .mixed(parts)
    }

    private func shuffled(_ order: [UInt32], stream: UInt64) -> [UInt32] {
        let permutation = Permutation(count: order.count, seed: options.seed, stream: stream)
        return order.indices.map { order[permutation[$0]] }
    }

    /// The samples of one item, by their places in the storage.
    private struct Part {
        var train: [UInt32] = []
        var validation: [UInt32] = []
        var report = RowReport()
    }

    private func load(
        _ item: DatasetItem,
        stream: UInt64,
        ratio: Double,
        atMost limit: Int? = nil,
        into storage: SampleStorage.Builder
    ) throws -> Part {
        let source = try DatasetSource(item, options: options)
        let pipeline = RowPipeline(
            files: source.files,
            lineLimit: options.lineLimit,
            threads: options.threads
        )
        let standardizer = source.standardizer
        var selection = RowSelection.everything
        if item.sample != nil || ratio > 0 {
            var usable = RowSelection.Usable()
            try pipeline.run(
                work: { row in _ = try standardizer.standardize(row.parsed()) },
                take: { _, _, result in usable.append((try? result?.get()) != nil) }
            )
            selection = try RowSelection(
                item: item,
                usable: usable,
                ratio: ratio,
                seed: options.seed,
                stream: stream
            )
        }
        var part = Part()
        let first = storage.count
        let enough = limit.map { first + $0 } ?? .max
        var stored = StoredRows()
        try pipeline.run(
            until: { storage.count >= enough },
            isWanted: { selection.isWanted($0) },
            work: { row in
                try encoder.explained(standardizer.standardize(row.parsed()), origin: row.origin)
            },
            take: { position, origin, result in
                guard storage.count < enough else {
                    part.report.stoppedEarly = true
                    return
                }
                switch result {
                case nil: part.report.leaveOut()
                case .success(let samples)?:
                    part.report.keep(samples)
                    stored.append(position, start: storage.count)
                    for sample in samples { try storage.append(sample.sample) }
                case .failure(let error)?:
                    if stops(at: error) { throw RowError(origin, error) }
                    part.report.drop(origin, error)
                }
            }
        )
        guard part.report.read > 0 else { throw DataError.noRows("\(item.dataset): there are no rows in it") }
        if let positions = selection.train {
            part.train = positions.flatMap { stored.samples(of: $0, end: storage.count) }
            part.validation = selection.validation.flatMap { stored.samples(of: $0, end: storage.count) }
        } else {
            part.train = Array(UInt32(first)..<UInt32(storage.count))
        }
        return part
    }

    private func stops(at error: any Error) -> Bool {
        if case DataError.tooLong = error { return encoder.options.truncation == .raise }
        return options.isStrict
    }
}

/// Which samples came of which row, for rows that are stored in the order of their positions.
private struct StoredRows {
    private var positions: [UInt32] = []
    private var starts: [UInt32] = []

    mutating func append(_ position: Int, start: Int) {
        positions.append(UInt32(position))
        starts.append(UInt32(start))
    }

    /// The samples of a row; none where it was dropped.
    func samples(of position: Int, end: Int) -> Range<UInt32> {
        var low = 0
        var high = positions.count
        while low < high {
            let middle = (low + high) / 2
            if positions[middle] < UInt32(position) { low = middle + 1 } else { high = middle }
        }
        guard low < positions.count, positions[low] == UInt32(position) else { return 0..<0 }
        return starts[low]..<(low + 1 < starts.count ? starts[low + 1] : UInt32(end))
    }
}
