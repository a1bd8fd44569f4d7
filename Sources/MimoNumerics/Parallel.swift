import CMimoKernels
import COpenBLAS
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The kernels of this processor.
///
/// `nonisolated(unsafe)`: a table of constants in read-only memory, chosen once.
nonisolated(unsafe) let kernels: mimo_kernels = mimo_kernels().pointee

/// The kernels' and threads' public face.
public enum Compute {
    /// The instruction set in use: "avx512", "avx2" or "baseline".
    public static var instructionSet: String { String(cString: kernels.name) }

    /// How many threads operations use, the caller's included.
    public static var threads: Int { Int(mimo_pool_threads()) }

    /// Sets the number of threads; results are the same bits for any number.
    ///
    /// OpenBLAS is told to stay on one: the pool is ours.
    public static func setThreads(_ count: Int) {
        openblas_set_num_threads(1)
        mimo_pool_set_threads(Int32(clamping: count))
    }

    /// Whether operations leave their work undone.
    static var isRehearsing: Bool { rehearsals.load(ordering: .relaxed) > 0 && isTaskRehearsing }

    @TaskLocal private static var isTaskRehearsing = false
    /// How many rehearsals are under way: while there is none, no operation looks for the task that it belongs to.
    private static let rehearsals = Atomic(0)

    /// Runs `body` with operations that hand out and reserve memory as always, but compute nothing and leave
    /// what they would write as it is: to find out how much memory a computation takes.
    public static func rehearse<R>(_ body: () throws -> R) rethrows -> R {
        rehearsals.add(1, ordering: .relaxed)
        defer { rehearsals.subtract(1, ordering: .relaxed) }
        return try $isTaskRehearsing.withValue(true) { try body() }
    }
}

/// Runs `body(index, worker)` once for each index below `count`, on the pool's threads.
///
/// `worker` is less than `workers` and differs between bodies that run at the same time: an index of scratch.
/// Whoever is free takes the next index; in shares, each thread begins with a range of its own, so that it reads on
/// where it was. The time counts as `part`'s.
func parallelFor(
    _ part: RegionPart,
    _ count: Int,
    workers: Int = .max,
    inShares: Bool = false,
    _ body: (_ index: Int, _ worker: Int) -> Void
) {
    region(part, count, workers: workers, inShares: inShares, body) {
        withoutActuallyEscaping(body) { body in
            let region = Region(body: body)
            mimo_pool_run(
                count,
                Int32(clamping: workers),
                inShares ? 1 : 0,
                { context, worker in
                    guard let context else { return }
                    Unmanaged<Region>.fromOpaque(context)._withUnsafeGuaranteedRef { region in
                        while case let index = mimo_pool_claim(worker), index >= 0 {
                            region.body(index, Int(worker))
                        }
                    }
                },
                Unmanaged.passUnretained(region).toOpaque()
            )
            withExtendedLifetime(region) {}
        }
    }
}

/// The tasks of a region as a value without references, which threads read where it lies.
///
/// Where a token has a hundred regions a closure would show: a thread waits for the others' caches when it follows
/// references to what is captured, and the caller when it counts them afterwards.
protocol RegionTasks: BitwiseCopyable {
    /// Runs one of them.
    func run(_ index: Int)
    /// `{ runTasks(Self.self, $0, $1) }`, written out for each type: what C calls cannot be generic.
    static var body: @convention(c) (_ tasks: UnsafeMutableRawPointer?, _ worker: Int32) -> Void { get }
}

/// Runs each of the tasks once, in shares, see ``parallelFor(_:_:workers:inShares:_:)``.
func parallelFor<Tasks: RegionTasks>(_ part: RegionPart, _ count: Int, _ tasks: Tasks) {
    region(part, count, workers: .max, inShares: true, { index, _ in tasks.run(index) }) {
        withUnsafePointer(to: tasks) {
            mimo_pool_run(count, .max, 1, Tasks.body, UnsafeMutableRawPointer(mutating: $0))
        }
    }
}

/// What a thread does in a region of tasks that lie at `tasks`.
func runTasks<Tasks: RegionTasks>(_: Tasks.Type, _ tasks: UnsafeMutableRawPointer?, _ worker: Int32) {
    guard let tasks = tasks?.assumingMemoryBound(to: Tasks.self) else { return }
    while case let index = mimo_pool_claim(worker), index >= 0 { tasks.pointee.run(index) }
}

/// A region: `open` runs its tasks on the pool, unless they are to be run here, one after the other.
private func region(
    _ part: RegionPart,
    _ count: Int,
    workers: Int,
    inShares: Bool,
    _ task: (_ index: Int, _ worker: Int) -> Void,
    open: () -> Void
) {
    if Compute.isRehearsing { return }
    if RegionClock.isSimulating {
        var tasks: [Double] = []
        // Whose share a task is, so that a thread's own work before its first one counts.
        let owners = inShares ? min(workers, RegionClock.sharers) : 1
        let wall = seconds {
            tasks = (0..<count).map { index in seconds { task(index, index * owners / count) } }
            RegionClock.add(part, tasks: tasks)
        }
        RegionClock.addOverhead(wall - tasks.reduce(0, +))
        return
    }
    let duration = seconds {
        let alone = mimo_pool_alone(count, Int32(clamping: workers))
        guard alone < 0 else {
            for index in 0..<count { task(index, Int(alone)) }
            return
        }
        open()
    }
    RegionClock.add(part, seconds: duration)
}

/// What a region runs. Workers borrow it from the caller: to count references of their own would cost each of them, and
/// the caller, a cache line that changes hands.
private final class Region {
    let body: (_ index: Int, _ worker: Int) -> Void

    init(body: @escaping (_ index: Int, _ worker: Int) -> Void) { self.body = body }
}

/// Runs `body` over the fixed chunks of `0..<count`; the cuts do not depend on the number of threads. What is one chunk
/// is no region: it takes less time than a clock.
func parallelChunks(_ part: RegionPart, of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    let chunks = (count + grain - 1) / grain
    guard chunks > 1 else {
        if chunks == 1, !Compute.isRehearsing { body(0..<count) }
        return
    }
    parallelFor(part, chunks, inShares: true) { index, _ in
        body(index * grain..<min(count, (index + 1) * grain))
    }
}

/// Runs `body` over fixed chunks of each of several items in one region; the cuts do not depend on the number of
/// threads.
func parallelChunks(
    _ part: RegionPart,
    ofEach counts: [Int],
    grain: Int,
    _ body: (_ item: Int, _ range: Range<Int>) -> Void
) {
    var firsts = [0]
    for count in counts { firsts.append(firsts[firsts.count - 1] + (count + grain - 1) / grain) }
    firsts.withUnsafeBufferPointer { firsts in
        counts.withUnsafeBufferPointer { counts in
            parallelFor(part, firsts[counts.count], inShares: true) { index, _ in
                // The last item that begins here or before.
                var (low, high) = (0, counts.count)
                while high - low > 1 {
                    let middle = (low + high) / 2
                    if firsts[middle] <= index { low = middle } else { high = middle }
                }
                let start = (index - firsts[low]) * grain
                body(low, start..<min(counts[low], start + grain))
            }
        }
    }
}

/// Wall time of `body`, in seconds.
func seconds(_ body: () -> Void) -> Double {
    func now() -> timespec {
        // Not ContinuousClock: its arithmetic of 128 bits shows where a token has a hundred regions.
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time
    }
    let start = now()
    body()
    let end = now()
    return Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
}
