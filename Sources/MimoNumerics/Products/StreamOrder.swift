/// The order in which weights are streamed, learned on the way: generation reads the same ones for every token, so that
/// threads which wait between two products can fetch what they will read next.
struct StreamOrder {
    /// Products, known by the weights with which they begin and by those before them: a step with drafts reads the head
    /// twice, and goes on differently.
    private struct Key: Hashable {
        let previous: UnsafeRawPointer?
        let weights: UnsafeRawPointer
    }

    private struct Step {
        let weights: UnsafeRawPointer
        var bytes = 0
        /// What came behind them the last time.
        var next: Int?
    }

    /// More steps than a model has are those of weights that are gone.
    private static let mostSteps = 1 << 14

    private let threads: Int
    private var steps: [Step] = []
    private var places: [Key: Int] = [:]
    private var current: Int?
    /// Where each thread begins to read, step after step.
    private var starts: [UnsafeRawPointer?] = []

    /// Nothing is known yet of what so many threads read.
    init(threads: Int) { self.threads = threads }

    /// Notes that products are about to run.
    ///
    /// - Parameters:
    ///   - weights: What is read first.
    ///   - bytes: How much is read.
    ///   - threads: How many threads share it; another number than before begins anew.
    /// - Returns: Whether it is known where the threads begin; if not, ``learn(_:bytes:)`` is to be told.
    mutating func reach(_ weights: UnsafeRawPointer, bytes: Int, threads: Int) -> Bool {
        if threads != self.threads || steps.count > Self.mostSteps { self = StreamOrder(threads: threads) }
        let place = place(of: weights)
        if let current { steps[current].next = place }
        current = place
        return steps[place].bytes == bytes
    }

    /// Where each thread begins to read the products that were reached last.
    mutating func learn(_ starts: [UnsafeRawPointer?], bytes: Int) {
        guard let current else { return }
        precondition(starts.count == threads)
        self.starts.replaceSubrange(current * threads..<(current + 1) * threads, with: starts)
        steps[current].bytes = bytes
    }

    /// Where a thread will begin behind the products that were reached last, and how much it will read there, if what
    /// comes is what came the last time.
    func expected(_ thread: Int) -> (start: UnsafeRawPointer, bytes: Int)? {
        guard let current, let next = steps[current].next, let start = starts[next * threads + thread] else {
            return nil
        }
        return (start, steps[next].bytes / threads)
    }

    private mutating func place(of weights: UnsafeRawPointer) -> Int {
        if let current, let next = steps[current].next, steps[next].weights == weights { return next }
        let key = Key(previous: current.map { steps[$0].weights }, weights: weights)
        if let place = places[key] { return place }
        places[key] = steps.count
        steps.append(Step(weights: weights))
        starts += [UnsafeRawPointer?](repeating: nil, count: threads)
        return steps.count - 1
    }
}
