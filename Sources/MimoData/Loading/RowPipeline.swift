internal import Dispatch
internal import MimoFiles
internal import Synchronization

/// Reads rows and does something with each on several threads; results come in the rows' order.
struct RowPipeline {
    /// How many rows are worked on at once at most.
    private static let batchRows = 512
    /// How many bytes a batch holds at most, before its last row.
    private static let batchBytes = 4 << 20

    let files: [String]
    let lineLimit: Int
    let threads: Int

    /// - Parameters:
    ///   - limit: how many rows are read; nil for all.
    ///   - isEnough: asked from time to time; reading stops when it says so.
    ///   - isWanted: by the row's position; what is not wanted is passed to `take` unread, as nil.
    ///   - work: done on any thread.
    ///   - take: called in order.
    /// - Throws: ``FileError`` where a file cannot be read, and what `take` throws.
    func run<Output: Sendable>(
        first limit: Int? = nil,
        until isEnough: () -> Bool = { false },
        isWanted: (Int) -> Bool = { _ in true },
        work: @Sendable (RawRow) throws -> Output,
        take: (Int, RowOrigin, Result<Output, any Error>?) throws -> Void
    ) throws {
        var position = 0
        var batch: [RawRow] = []
        var bytes = 0
        func flush() throws {
            try process(batch, from: position - batch.count, isWanted: isWanted, work: work, take: take)
            batch.removeAll(keepingCapacity: true)
            bytes = 0
        }
        for file in files {
            let source = try DatasetFiles.open(file, limit: lineLimit)
            while limit.map({ position < $0 }) ?? true, let row = try source.next() {
                if case .bytes(let content) = row.content { bytes += content.count }
                batch.append(row)
                position += 1
                guard batch.count == Self.batchRows || bytes >= Self.batchBytes else { continue }
                try flush()
                if isEnough() { return }
            }
        }
        try flush()
    }

    private func process<Output: Sendable>(
        _ batch: [RawRow],
        from first: Int,
        isWanted: (Int) -> Bool,
        work: @Sendable (RawRow) throws -> Output,
        take: (Int, RowOrigin, Result<Output, any Error>?) throws -> Void
    ) throws {
        guard !batch.isEmpty else { return }
        let wanted = batch.indices.filter { isWanted(first + $0) }
        let results = Self.map(wanted.map { batch[$0] }, threads: threads) { row in Result { try work(row) } }
        var next = 0
        for index in batch.indices {
            var result: Result<Output, any Error>?
            if next < wanted.count, wanted[next] == index {
                result = results[next]
                next += 1
            }
            try take(first + index, batch[index].origin, result)
        }
    }

    /// The results of `work` for each element, in order.
    static func map<Element: Sendable, Output: Sendable>(
        _ elements: [Element],
        threads: Int,
        _ work: @Sendable (Element) -> Output
    ) -> [Output] {
        guard threads > 1, elements.count > 1 else { return elements.map(work) }
        let results = Mutex([Output?](repeating: nil, count: elements.count))
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while true {
                let element = next.add(1, ordering: .relaxed).oldValue
                guard element < elements.count else { return }
                let result = work(elements[element])
                results.withLock { $0[element] = result }
            }
        }
        return results.withLock { $0.compactMap(\.self) }
    }
}
