/// How weights that are streamed are cut into tasks. Those of a thread's range become shorter towards its end, so that all
/// threads end at about the same time: what is left of the range shrinks with the square of the tasks that are left.
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

    /// The byte with which a task begins; the end for the one behind the last.
    func start(_ task: Int) -> Int {
        let (range, place) = task.quotientAndRemainder(dividingBy: tasksOfRange)
        let left = (tasksOfRange - place) * (tasksOfRange - place)
        return (bytes * (range + 1) - bytes * left / (tasksOfRange * tasksOfRange)) / ranges
    }
}
