import ArgumentParser
import MimoNumerics
import MimoTrain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How this machine is used. Results are the same bits for any number of threads.
struct ComputeOptions: ParsableArguments {
    @Option(help: .taking("n", "Threads; as many as this process may use cores if not given."))
    var threads: Int?

    @Option(help: ArgumentHelp("Instruction set of the kernels.", visibility: .hidden))
    var kernels: String?

    /// The number of threads to compute with.
    ///
    /// - Throws: ``UsageError`` where none can do.
    func threadCount() throws -> Int {
        guard let threads else { return AvailableCores.count }
        guard (1...1024).contains(threads) else {
            throw UsageError("--threads is \(threads); expected a whole number from 1 on")
        }
        return threads
    }

    /// Makes the numerics use the machine so; to be called before anything is computed.
    ///
    /// - Throws: as ``threadCount()``.
    func apply() throws {
        if let kernels { setenv("MIMO_KERNELS", kernels, 1) }
        Compute.setThreads(try threadCount())
    }
}
