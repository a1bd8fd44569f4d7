import CMimoKernels
import COpenBLAS

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
}

/// A pointer that a parallel body may hold.
///
/// `@unchecked Sendable`: bodies of one region write disjoint pieces, and the region ends before the
/// memory's owner goes on.
struct UncheckedPointer<Pointer>: @unchecked Sendable {
    let pointer: Pointer
    init(_ pointer: Pointer) { self.pointer = pointer }
}

/// Runs `body(index, worker)` once for each index below `count`, on the pool's threads.
///
/// `worker` is less than `workers` and differs between bodies that run at the same time: an index of scratch.
func parallelFor(_ count: Int, workers: Int = .max, _ body: (_ index: Int, _ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
        var box = body
        withUnsafeMutablePointer(to: &box) { context in
            mimo_pool_run(
                count,
                Int32(clamping: workers),
                { context, index, worker in
                    context?.assumingMemoryBound(to: ((Int, Int) -> Void).self).pointee(index, Int(worker))
                },
                context
            )
        }
    }
}

/// Runs `body` over the fixed chunks of `0..<count`; the cuts do not depend on the number of threads.
func parallelChunks(of count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    guard count > grain else {
        if count > 0 { body(0..<count) }
        return
    }
    let chunks = (count + grain - 1) / grain
    parallelFor(chunks) { index, _ in body(index * grain..<min(count, (index + 1) * grain)) }
}
