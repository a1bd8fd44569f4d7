import ArgumentParser
import MimoModel
import MimoNumerics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `mimo-sft-bench products`: each matrix product of a model's blocks, ours on bf16 weights beside OpenBLAS's
/// sgemm on floats, one after the other.
struct ProductsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "products",
        abstract: "The model's matrix products, ours from bf16 weights beside OpenBLAS's sgemm."
    )

    @Option(help: "Folder of the model; its config.json is enough.") var model: String
    @Option(help: "Rows of the activations.") var rows = 1024
    @Option(help: "Runs of each; the median counts.") var repeats = 10
    @Flag(help: "Each run has operands that no cache holds, as in training.") var cold = false
    @OptionGroup var machine: MachineOptions

    func run() throws {
        machine.apply()
        let rate = SgemmRate(try ModelConfig(directory: model), rows: rows)
        print("     rows        n        k            ours  OpenBLAS sgemm   ratio")
        var (operations, ours, theirs) = (0.0, 0.0, 0.0)
        for shape in rate.shapes {
            let timing = rate.timing(of: shape, repeats: repeats, isCold: cold)
            // OpenBLAS's threads wait awake for more work, which would be in the way.
            usleep(100_000)
            let own = MachineLimits.productSeconds(timing)
            let other = MachineLimits.sgemmSeconds(timing)
            let work = 2 * Double(rows * shape.n) * Double(shape.k)
            line(rows: rows, n: shape.n, k: shape.k, work, own, other, isTransposed: shape.isTransposed)
            operations += work
            ours += own
            theirs += other
        }
        print(
            "together: ours \(Figures.gigaflops(operations / ours)), OpenBLAS \(Figures.gigaflops(operations / theirs)), "
                + "ratio \(Figures.fixed(theirs / ours, 3))"
        )
    }

    private func line(
        rows: Int,
        n: Int,
        k: Int,
        _ work: Double,
        _ own: Double,
        _ other: Double,
        isTransposed: Bool
    ) {
        print(
            [rows, n, k].map { Figures.right("\($0)", 9) }.joined() + (isTransposed ? " fwd" : " bwd")
                + Figures.right(Figures.gigaflops(work / own), 15)
                + Figures.right(Figures.gigaflops(work / other), 16)
                + Figures.right(Figures.fixed(other / own, 3), 8)
        )
    }
}
