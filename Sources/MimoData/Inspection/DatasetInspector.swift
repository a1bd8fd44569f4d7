internal import MimoFiles

/// Goes through the rows of data sets one by one, as training would take them, without keeping them.
public struct DatasetInspector: Sendable {
    private let loader: DatasetLoader

    /// An inspector of what a loader would load.
    public init(_ loader: DatasetLoader) {
        self.loader = loader
    }

    /// Encodes every row of the items of `--dataset` and hands over what training would get, in order.
    ///
    /// Sampling and shuffling are left out: each row comes once.
    ///
    /// - Parameters:
    ///   - rows: which rows, counted from 0 through all items; the others are passed over unread.
    ///   - take: gets the row's position, its place, and its samples or what is wrong with it.
    /// - Throws: ``FileError`` or ``DataError`` where an item cannot be read, and what `take` throws.
    public func forEachRow(
        in rows: Range<Int>? = nil,
        take: (Int, RowOrigin, Result<[ExplainedSample], any Error>) throws -> Void
    ) throws {
        let encoder = loader.encoder
        try forEach(
            in: rows,
            work: { raw, standardizer in
                try encoder.explained(standardizer.standardize(raw.parsed()), origin: raw.origin)
            },
            take: take
        )
    }

    /// Does something with every row on the loader's threads, and takes the results in order.
    func forEach<Output: Sendable>(
        in rows: Range<Int>? = nil,
        work: @Sendable (RawRow, RowStandardizer) throws -> Output,
        take: (Int, RowOrigin, Result<Output, any Error>) throws -> Void
    ) throws {
        let options = loader.options
        var first = 0
        for item in options.items {
            let source = try DatasetSource(DatasetItem(item), options: options)
            let pipeline = RowPipeline(
                files: source.files,
                lineLimit: options.lineLimit,
                threads: options.threads
            )
            var count = 0
            try pipeline.run(
                first: rows.map { max(0, $0.upperBound - first) },
                isWanted: { rows?.contains(first + $0) ?? true },
                work: { try work($0, source.standardizer) },
                take: { position, origin, result in
                    count = position + 1
                    if let result { try take(first + position, origin, result) }
                }
            )
            first += count
        }
    }
}
