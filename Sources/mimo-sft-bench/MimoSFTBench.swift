import ArgumentParser
import MimoNumerics
import MimoTrain

/// `mimo-sft-bench`: what this machine could do, and what mimo-sft does of it, measured in one run.
@main
struct MimoSFTBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mimo-sft-bench",
        abstract: "Measures training and generation beside this machine's own limits, in one run.",
        discussion: """
            Figures of one run belong together; those of two runs on a shared machine do not. For a peer beside \
            it, see Examples/benchmark.
            """,
        subcommands: [
            TrainBenchmark.self, ProductsBenchmark.self, GenerateBenchmark.self, TextBenchmark.self,
            ModelWriter.self,
        ],
        defaultSubcommand: TrainBenchmark.self
    )
}

/// Which part of the machine is used.
struct MachineOptions: ParsableArguments {
    @Option(help: "Threads; as many as there are cores if not given.")
    var threads: Int?

    /// Sets the number of threads, and tells what computes.
    func apply() {
        Compute.setThreads(threads ?? AvailableCores.count)
        print(
            "machine: \(Compute.threads) threads, our kernels \(Compute.instructionSet), "
                + "OpenBLAS kernels \(MachineLimits.openBLASKernels)"
        )
    }
}
