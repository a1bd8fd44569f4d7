import ArgumentParser
import MimoData
import MimoFiles
import MimoModel
import MimoNumerics
import MimoText
import MimoTrain

/// Steps of LoRA training on given rows, as `mimo-sft` runs them, without any output of a run.
@main
struct TrainingBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mimo-sft-bench",
        abstract: "Measures training steps beside this machine's own limit."
    )

    @Option(help: "Folder of the model.") var model: String
    @Option(help: "Rows in the messages format.") var dataset: String
    @Option(help: "Optimizer steps of 16 rows.") var steps = 3
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Tokens of a pack.") var pack = 2048
    @Option(help: "Blocks that run forward again.") var recompute = 0
    @Option(help: "Share of LoRA inputs dropped.") var dropout = 0.0

    func run() throws {
        Compute.setThreads(threads)
        let checkpoint = try Checkpoint(directory: model)
        var decoder = try Decoder(checkpoint)
        for layer in 0..<decoder.config.layerCount {
            for linear in DecoderLinear.allCases {
                let (inputs, outputs) = (
                    linear.inputSize(in: decoder.config), linear.outputSize(in: decoder.config)
                )
                let a = Tensor(
                    (0..<8 * inputs).map { Float(($0 * 7919) % 1000 - 500) * 1e-5 },
                    rows: 8,
                    columns: inputs
                )
                decoder[layer, linear].update = LowRankUpdate(
                    a: a,
                    bTransposed: Tensor(rows: 8, columns: outputs),
                    scale: 4,
                    isTrained: true
                )
            }
        }
        let tokenizer = try Tokenizer(directory: model)
        let samples = try rows(tokenizer)
        var options = TrainerOptions()
        options.maxSteps = steps
        options.saveSteps = nil
        options.loraDropout = dropout
        options.packTokens = pack
        options.shufflesRows = false
        options.recomputedBlocks = recompute
        let folder = "/tmp/mimo-sft-bench-run"
        try Folder.make(folder)
        let trainer = try Trainer(options, decoder: decoder, samples: SampleArray(samples), folder: folder) {
            _ in
        }
        try trainer.run { event in
            if case .step(let record, _) = event {
                print(
                    "step \(record.step) loss \(record.loss) tokens \(record.tokens) counted \(record.countedTokens) seconds \(record.seconds) tokens/s \(Double(record.tokens) / record.seconds)"
                )
            }
            return .more
        }
    }

    private func rows(_ tokenizer: Tokenizer) throws -> [Sample] {
        let reader = try LineReader(path: dataset)
        var samples: [Sample] = []
        while let line = try reader.next(), samples.count < steps * 16 {
            let row = try JSON(parsing: line.bytes)
            let messages = row["messages"]?.arrayValue ?? []
            let question = messages.first?["content"]?.stringValue ?? ""
            var answer = messages.last?["content"]?.stringValue ?? ""
            let empty = "<think>\n\n</think>\n\n"
            let prompt = tokenizer.encode("<|im_start|>user\n\(question)<|im_end|>\n<|im_start|>assistant\n")
            var masked: [Int32] = []
            if answer.hasPrefix(empty) {
                masked = tokenizer.encode(empty)
                answer = String(answer.dropFirst(empty.count))
            }
            let trained = tokenizer.encode(answer + "<|im_end|>\n")
            let head = prompt + masked
            samples.append(Sample(ids: head + trained, labels: head.map { _ in -100 } + trained))
        }
        return samples
    }
}
