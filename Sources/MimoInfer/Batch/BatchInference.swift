public import MimoFiles

/// Answers rows with continuous batching and hands the results on in the rows' order.
public final class BatchInference {
    private let generator: Generator
    private let receive: (JSON) throws -> Void
    /// Rows that are not handed on yet, and the results of those that wait for an earlier one.
    private var rows: [Int: InferenceRow] = [:]
    private var results: [Int: JSON] = [:]
    /// The places in the batch of the generator's requests.
    private var places: [Int: Int] = [:]
    private var added = 0

    /// How many rows are handed on.
    public private(set) var count = 0
    /// How many of those could not be answered.
    public private(set) var failures = 0
    /// How many tokens have been generated.
    public private(set) var generatedTokens = 0
    /// What became of the drafts of the answers that have ended.
    public private(set) var drafts = DraftCount()

    /// A batch.
    ///
    /// - Parameters:
    ///   - generator: What answers; nothing else may use it meanwhile.
    ///   - receive: Is given each row's result, in the order of the rows.
    public init(_ generator: Generator, receive: @escaping (JSON) throws -> Void) {
        self.generator = generator
        self.receive = receive
    }

    /// Adds a row, and runs the model while enough rows wait.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - request: What the model is asked, or why the row cannot be answered. Its stream becomes the row's
    ///     place, so that the answer depends on the row's place and the seed alone.
    /// - Throws: ``InferError/brokenLogits(position:)``, and what the receiver throws.
    public func add(_ row: InferenceRow, _ request: Result<GenerationRequest, any Error>) throws {
        let place = added
        added += 1
        rows[place] = row
        do {
            var request = try request.get()
            request.stream = UInt64(place)
            places[try generator.add(request)] = place
        } catch {
            failures += 1
            results[place] = row.result(error)
        }
        try handOn()
        // One in reserve for each that runs keeps the batch full.
        while generator.pending >= 2 * generator.maxBatchSize { try step() }
    }

    /// Runs the model until all rows are answered, or until it is told to stop: the rows under way are not
    /// handed on then.
    ///
    /// - Parameters:
    ///   - isStopped: Asked before each step.
    ///   - showText: Is given the answers' text as it comes.
    /// - Throws: as ``add(_:_:)``.
    public func finish(isStopped: () -> Bool = { false }, showText: (String) -> Void = { _ in }) throws {
        while !generator.isIdle, !isStopped() { try step(showText) }
        try handOn()
    }

    private func step(_ showText: (String) -> Void = { _ in }) throws {
        for update in try generator.step() {
            if !update.text.isEmpty { showText(update.text) }
            generatedTokens += update.id == nil ? 0 : 1
            guard let generation = update.generation, let place = places.removeValue(forKey: update.request)
            else { continue }
            if let count = generation.drafts { drafts.add(count) }
            results[place] = rows[place]?.result(generation, tokenizer: generator.tokenizer)
        }
        try handOn()
    }

    private func handOn() throws {
        while let result = results.removeValue(forKey: count) {
            rows[count] = nil
            count += 1
            try receive(result)
        }
    }
}
