import CMimoKernels

/// The order in which weights are streamed, learned on the way: generation reads the same ones for every token. Threads
/// that wait between two products fetch what they will read next, if it is what it was the last time.
struct StreamOrder {
    /// Products, known by the weights with which they begin.
    private struct Step {
        let weights: UnsafeRawPointer
        var bytes = 0
        /// What came behind them the last time.
        var next: Int?
    }

    private var steps: [Step] = []
    private var places: [UnsafeRawPointer: Int] = [:]
    private var current: Int?
    private var threads = 0
    /// Where each thread begins to read, step after step.
    private var starts: [UnsafeRawPointer?] = []

    /// Notes that products are about to run, and tells the threads what to expect behind them.
    ///
    /// - Parameters:
    ///   - weights: What is read first.
    ///   - bytes: How much is read.
    ///   - threads: How many threads share it.
    /// - Returns: Whether it is known where the threads begin; if not, ``learn(_:bytes:)`` is to be told.
    mutating func reach(_ weights: UnsafeRawPointer, bytes: Int, threads: Int) -> Bool {
        if threads != self.threads { self = StreamOrder(threads: threads) }
        let place = place(of: weights)
        if let current { steps[current].next = place }
        current = place
        if let next = steps[place].next {
            for thread in 0..<threads { mimo_pool_expect(Int32(thread), starts[next * threads + thread]) }
        }
        return steps[place].bytes == bytes
    }

    /// Where each thread begins to read the products that were reached last.
    mutating func learn(_ starts: [UnsafeRawPointer?], bytes: Int) {
        guard let current, starts.count == threads else { return }
        self.starts.replaceSubrange(current * threads..<(current + 1) * threads, with: starts)
        steps[current].bytes = bytes
    }

    private mutating func place(of weights: UnsafeRawPointer) -> Int {
        if let current, let next = steps[current].next, steps[next].weights == weights { return next }
        if let place = places[weights] { return place }
        places[weights] = steps.count
        steps.append(Step(weights: weights))
        starts += [UnsafeRawPointer?](repeating: nil, count: threads)
        return steps.count - 1
    }
}

extension StreamOrder {
    fileprivate init(threads: Int) {
        self.init()
        self.threads = threads
    }
}
