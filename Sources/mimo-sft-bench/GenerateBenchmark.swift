import ArgumentParser
import MimoModel
import MimoNumerics

/// `mimo-sft-bench generate`: reading a prompt and writing tokens, beside sgemm and the memory's bandwidth.
struct GenerateBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Prompt tokens/s, and decoded tokens/s against the memory's bandwidth."
    )

    @Option(help: "Folder of the model.") var model: String
    @Option(help: "Tokens of the prompt.") var prompt = 512
    @Option(help: "Tokens decoded behind it.") var tokens = 64
    @Option(help: "Rounds; the best counts.") var rounds = 3
    @OptionGroup var machine: MachineOptions

    func run() throws {
        machine.apply()
        let decoder = try Decoder(Checkpoint(directory: model))
        let pass = InferencePass(decoder)
        let vocabulary = decoder.config.vocabularySize
        let ids = (0..<prompt).map { Int32(($0 * 7919 + 13) % min(vocabulary, 10_000)) }
        var (prefill, decode) = (Double.infinity, Double.infinity)
        for _ in 0..<max(1, rounds) {
            let cache = KeyValueCache(decoder.config, capacity: prompt + tokens)
            let start = ContinuousClock.now
            var logits = pass.run([(cache, ids)])
            let read = ContinuousClock.now
            for _ in 0..<tokens {
                let next = (0..<vocabulary).max { logits[0, $0] < logits[0, $1] } ?? 0
                logits = pass.run([(cache, [Int32(next)])])
            }
            prefill = min(prefill, start.duration(to: read).inSeconds)
            decode = min(decode, read.duration(to: .now).inSeconds / Double(max(1, tokens)))
        }
        let bandwidth = MachineLimits.readBandwidth()
        let bytes = Double(decoder.decodedBytes)
        print(
            """
            prompt: \(prompt) tokens, \(Figures.fixed(Double(prompt) / prefill)) tokens/s
            decode: \(Figures.fixed(1 / decode, 2)) tokens/s, \(Figures.fixed(bytes / decode / 1e9, 2)) GB/s of \
            \(Figures.fixed(bytes / 1e9, 3)) GB of weights a token
            memory reads: \(Figures.fixed(bandwidth / 1e9, 2)) GB/s; decode uses \
            \(Figures.fixed(bytes / decode / bandwidth, 3)) of it
            """
        )
    }
}
