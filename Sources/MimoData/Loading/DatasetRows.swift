public import MimoFiles

/// The rows of data sets in the standard form, for what uses them as they are: inference and evaluation.
public struct DatasetRows: Sendable {
    /// Which rows: those of the validation items where there are any, else those that the split ratio sets
    /// aside of the other items, else all of these.
    public let options: DatasetOptions

    /// The rows of these options.
    ///
    /// - Throws: ``DataError/badOption(_:reason:)``.
    public init(options: DatasetOptions) throws {
        try options.validate()
        self.options = options
    }

    /// Reads the rows in order. A training run of the same options and seed sets the same rows aside.
    ///
    /// - Parameter take: Is given each row or why it is none, and where it stands.
    /// - Throws: ``FileError`` where a file cannot be read; ``DataError`` where an item is wrong or has no rows;
    ///   ``RowError`` for a bad row where the options are strict; and what `take` throws.
    public func forEach(_ take: (Result<JSON, any Error>, RowOrigin) throws -> Void) throws {
        let isValidation = !options.validationItems.isEmpty
        let items = isValidation ? options.validationItems : options.items
        guard !items.isEmpty else {
            throw DataError.badOption(
                "val_dataset",
                reason: "it names no rows; expected a file, folder or id"
            )
        }
        for (index, item) in items.enumerated() {
            let stream = isValidation ? 1 << 32 | UInt64(index) : UInt64(index)
            try forEach(
                of: DatasetItem(item),
                stream: stream,
                ratio: isValidation ? 0 : options.splitRatio,
                take
            )
        }
    }

    private func forEach(
        of item: DatasetItem,
        stream: UInt64,
        ratio: Double,
        _ take: (Result<JSON, any Error>, RowOrigin) throws -> Void
    ) throws {
        let source = try DatasetSource(item, options: options)
        let standardizer = source.standardizer
        let pipeline = RowPipeline(
            files: source.files,
            lineLimit: options.lineLimit,
            threads: options.threads
        )
        func checked(_ result: Result<JSON, any Error>, _ origin: RowOrigin) throws -> Result<JSON, any Error>
        {
            if options.isStrict, case .failure(let error) = result { throw RowError(origin, error) }
            return result
        }
        var count = 0
        guard item.sample != nil || ratio > 0 else {
            try pipeline.run(
                work: { try standardizer.standardize($0.parsed()) },
                take: { _, origin, result in
                    guard let result else { return }
                    count += 1
                    try take(checked(result, origin), origin)
                }
            )
            guard count > 0 else { throw DataError.noRows("\(item.dataset): there are no rows in it") }
            return
        }
        // Drawn rows come in another order than the file's, so that they are held until all are read.
        var rows: [(row: JSON, origin: RowOrigin)?] = []
        var usable = RowSelection.Usable()
        try pipeline.run(
            work: { try standardizer.standardize($0.parsed()) },
            take: { _, origin, result in
                guard let result else { return }
                count += 1
                let row = try? checked(result, origin).get()
                usable.append(row != nil)
                rows.append(row.map { ($0, origin) })
            }
        )
        guard count > 0 else { throw DataError.noRows("\(item.dataset): there are no rows in it") }
        let selection = try RowSelection(
            item: item,
            usable: usable,
            ratio: ratio,
            seed: options.seed,
            stream: stream
        )
        for position in ratio > 0 ? selection.validation : selection.train ?? [] {
            if let (row, origin) = rows[position] { try take(.success(row), origin) }
        }
    }
}
