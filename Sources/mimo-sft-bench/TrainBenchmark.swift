import ArgumentParser
import MimoAdapter
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoTrain

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// `mimo-sft-bench train`: optimizer steps as `mimo-sft` runs them, beside OpenBLAS's sgemm in the same run.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract:
            "Steps of LoRA training: useful FLOP/s against sgemm, tokens/s, memory, and where time goes."
    )

    @Option(help: "Folder of the model.") var model: String
    @Option(help: "Rows in the messages format.") var dataset: String
    @Option(help: "Template.") var template = "chatml"
    @Option(help: "Optimizer steps.") var steps = 3
    @Option(help: "Rows of a step.") var rows = 16
    @Option(help: "The longest row, in tokens.") var maxLength: Int?
    @Option(help: "Tokens of a pack.") var packingLength = TrainerOptions().packTokens
    @Option(help: "Whether rows share common beginnings.") var sharePrefixes = true
    @Option(help: "Share of LoRA inputs dropped; the peers' loop drops none.") var dropout = 0.0
    @Option(help: "What the process must not exceed, in GiB.") var memoryLimit: Double?
    @Option(help: "Runs of each sgemm shape; the median counts. 0 leaves sgemm out.") var sgemmRepeats = 5
    @Option(
        parsing: .upToNextOption,
        help:
            "Times every task on one thread and tells how the regions would scale to these numbers of threads."
    )
    var simulate: [Int] = []
    @OptionGroup var machine: MachineOptions

    func run() throws {
        machine.apply()
        let started = ContinuousClock.now
        let tuning = try FineTuning(options())
        print(
            "set-up: \(Figures.fixed(started.duration(to: .now).inSeconds, 2)) s: model, rows as tokens, memory"
        )
        print("memory: \(tuning.memory)")
        defer { try? Folder.remove(Self.folder) }

        let sgemm = SgemmRate(tuning.checkpoint.config, rows: tuning.memory.longestPack)
        let peakBefore = ProcessMemory.peakBytes
        var rates = sgemmRepeats > 0 ? [sgemm.measure(repeats: sgemmRepeats)] : []
        if ProcessMemory.peakBytes > peakBefore {
            print("note: sgemm's matrices are part of the peak")
        }
        if !simulate.isEmpty {
            Compute.setThreads(1)
            RegionClock.simulate(threads: simulate, barrier: 3e-6)
        }
        RegionClock.reset()
        var records: [StepRecord] = []
        var parts: [RegionPart: RegionClock.Total] = [:]
        var overhead = 0.0
        try tuning.run { event in
            guard case .step(let record, _) = event else { return .more }
            parts.merge(RegionClock.totals, uniquingKeysWith: +)
            overhead += RegionClock.simulationOverhead
            records.append(record)
            print(
                "step \(record.step) loss \(Figures.fixed(record.loss, 5)) tokens \(record.tokens) "
                    + "seconds \(Figures.fixed(record.seconds, 2)) "
                    + "tokens/s \(Figures.fixed(Double(record.tokens) / record.seconds)) "
                    + "peak \(Figures.gibibytes(ProcessMemory.peakBytes)) "
                    + "useful \(Figures.gigaflops(record.work.total / record.seconds))"
            )
            // What the machine gives drifts: both are measured in turn.
            if sgemmRepeats > 0, simulate.isEmpty { rates.append(sgemm.measure(repeats: sgemmRepeats)) }
            RegionClock.reset()
            return .more
        }
        report(
            records,
            parts: parts,
            overhead: overhead,
            rates: rates,
            predicted: tuning.memory.predictedPeak
        )
    }

    private static let folder = "/tmp/mimo-sft-bench-\(getpid())"

    private func options() -> FineTuningOptions {
        var options = FineTuningOptions(model: model)
        options.template.name = template
        options.template.lossScale = "ignore_empty_think"
        options.template.encoding.maxLength = maxLength
        // The peers cut where the reference cuts; equal tokens make equal work.
        options.template.encoding.tokenization = .segments
        options.data.items = [dataset]
        options.data.shuffles = false
        options.data.threads = Compute.threads
        options.lora.dropout = dropout
        options.trainer.loraDropout = dropout
        options.trainer.shufflesRows = false
        options.trainer.gradientAccumulationSteps = rows
        options.trainer.maxSteps = steps
        options.trainer.saveSteps = nil
        options.trainer.packTokens = packingLength
        options.trainer.sharesPrefixes = sharePrefixes
        options.trainer.memoryLimit = memoryLimit.map { Int($0 * 1_073_741_824) }
        options.outputDirectory = Self.folder
        return options
    }

    private func report(
        _ records: [StepRecord],
        parts: [RegionPart: RegionClock.Total],
        overhead: Double,
        rates: [Double],
        predicted: Int
    ) {
        var (work, whole, seconds, tokens) = (TrainingWork(), TrainingWork(), 0.0, 0)
        for record in records {
            work.add(record.work)
            whole.add(record.workWithoutSkipping)
            seconds += record.seconds
            tokens += record.tokens
        }
        let perToken = { (operations: Double) in Figures.fixed(operations / Double(max(1, tokens)) / 1e9, 3) }
        print(
            """

            work: \(perToken(work.total)) GFLOP a token: blocks \(perToken(work.blocks)), head \
            \(perToken(work.head)), attention \(perToken(work.attention)), LoRA \(perToken(work.updates))
              without skipping and sharing it would be \(perToken(whole.total)): \
            \(Figures.share(whole.total - work.total, of: whole.total)) saved
            rate: \(Figures.fixed(Double(tokens) / seconds)) tokens/s, useful \
            \(Figures.gigaflops(work.total / seconds))
            """
        )
        if !rates.isEmpty {
            let mean = rates.reduce(0, +) / Double(rates.count)
            print(
                """
                sgemm at the model's shapes, before and after each step: \
                \(rates.map { Figures.fixed($0 / 1e9) }.joined(separator: ", ")) GFLOP/s
                useful share of sgemm: \(Figures.fixed(work.total / seconds / mean, 3))
                """
            )
        }
        let peak = ProcessMemory.peakBytes
        print(
            """
            peak memory: \(Figures.gibibytes(peak)), predicted \(Figures.gibibytes(predicted)) \
            (\(Figures.fixed(100 * (Double(predicted) / Double(peak) - 1), 1)) %)

            where the time went, of \(Figures.fixed(seconds, 2)) s:
            """
        )
        let times = TimeByPart(parts, of: seconds - overhead)
        times.show()
        guard !simulate.isEmpty else { return }
        print("\nif memory were no bound, by the cuts and barriers alone:")
        for (place, threads) in simulate.enumerated() {
            let time = parts.values.reduce(times.outside) { $0 + $1.simulated[place] }
            print(
                "  \(Figures.right("\(threads)", 4)) threads: \(Figures.fixed(times.seconds / time, 1)) times as fast, "
                    + Figures.share(times.seconds / time, of: Double(threads))
            )
            for (part, total) in parts.sorted(by: { $0.value.seconds > $1.value.seconds })
            where total.simulated[place] > 0.02 * time {
                print(
                    "       \(Figures.left("\(part)", 22)) \(Figures.share(total.simulated[place], of: time)) of the "
                        + "time, \(Figures.fixed(total.seconds / total.simulated[place], 1)) times as fast"
                )
            }
            print("       outside of regions     \(Figures.share(times.outside, of: time)) of the time")
        }
    }
}
