import CMimoKernels

/// How memory that is read once is cut into tasks: weights, or keys and values. Each thread has a range of it, and its
/// tasks read on where the one before stopped. They become shorter towards the range's end, so that all threads end at
/// about the same time: what is left of the range shrinks with the square of the tasks that are left.
struct StreamCut {
    /// Bytes of a range's last task, the shortest: claiming it must not show.
    private static let lastBytes = 16 << 10

    /// Number of tasks.
    var tasks: Int { ranges * tasksOfRange }

    private let bytes: Int
    private let ranges: Int
    private let tasksOfRange: Int

    /// A cut of so many bytes for so many threads.
    init(bytes: Int, threads: Int) {
        self.bytes = bytes
        ranges = min(threads, max(1, bytes / Self.lastBytes))
        tasksOfRange = max(1, Int((Double(bytes) / Double(ranges * Self.lastBytes)).squareRoot()))
    }

    /// The columns of an output that are a task's. A thread reads several streams of its range side by side: a task
    /// takes the next columns of each.
    ///
    /// - Parameters:
    ///   - task: The task.
    ///   - columns: How many columns the output has.
    ///   - bytes: Where their weights lie among all bytes.
    /// - Returns: Nil where there are none.
    func columns(of task: Int, columns: Int, bytes: Range<Int>) -> StreamColumns? {
        let (range, place) = task.quotientAndRemainder(dividingBy: tasksOfRange)
        let whole = (start(0, of: range)..<start(tasksOfRange, of: range)).clamped(to: bytes)
        let part = (start(place, of: range)..<start(place + 1, of: range)).clamped(to: whole)
        guard !part.isEmpty else { return nil }
        func column(at byte: Int) -> Int { columns * (byte - bytes.lowerBound) / bytes.count }
        let (low, high) = (column(at: whole.lowerBound), column(at: whole.upperBound))
        let apart = (high - low) / StreamColumns.streams
        func column(ofFirstStreamAt byte: Int) -> Int {
            low + apart * (byte - whole.lowerBound) / whole.count
        }
        return StreamColumns(
            first: column(ofFirstStreamAt: part.lowerBound)..<column(ofFirstStreamAt: part.upperBound),
            apart: apart,
            rest: (part.upperBound == whole.upperBound ? low + apart * StreamColumns.streams : high)..<high
        )
    }

    /// Those of `count` items that are a task's, where all of them have about as many bytes.
    func items(of task: Int, count: Int) -> Range<Int> {
        let (range, place) = task.quotientAndRemainder(dividingBy: tasksOfRange)
        func item(at byte: Int) -> Int { count * byte / max(1, bytes) }
        return item(at: start(place, of: range))..<item(at: start(place + 1, of: range))
    }

    /// The byte with which a range's task begins; the range's end for the one behind the last.
    private func start(_ place: Int, of range: Int) -> Int {
        let left = (tasksOfRange - place) * (tasksOfRange - place)
        return (bytes * (range + 1) - bytes * left / (tasksOfRange * tasksOfRange)) / ranges
    }
}

/// Some columns of an output: as many in each of several streams.
struct StreamColumns {
    /// Number of streams.
    static let streams = Int(MIMO_STREAMS)

    /// Those in the first stream.
    let first: Range<Int>
    /// From a stream's columns to the next one's.
    let apart: Int
    /// Some that lie behind all streams.
    let rest: Range<Int>
}
