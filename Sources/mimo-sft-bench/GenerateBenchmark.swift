import ArgumentParser
import MimoInfer
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
    @Flag(help: "Draft with the layer for multi-token prediction, and say what it came to.") var mtpDrafts =
        false
    @OptionGroup var machine: MachineOptions

    func run() throws {
        machine.apply()
        let checkpoint = try Checkpoint(directory: model)
        let decoder = try Decoder(checkpoint)
        let pass = InferencePass(decoder)
        let vocabulary = decoder.config.vocabularySize
        let ids = (0..<prompt).map { Int32(($0 * 7919 + 13) % min(vocabulary, 10_000)) }
        var (prefill, decode) = (Double.infinity, Double.infinity)
        var parts: [RegionPart: RegionClock.Total] = [:]
        for _ in 0..<max(1, rounds) {
            let cache = KeyValueCache(decoder.config, capacity: prompt + tokens)
            let start = ContinuousClock.now
            var logits = pass.run([(cache, ids)])
            let read = ContinuousClock.now
            RegionClock.reset()
            for _ in 0..<tokens {
                let next = (0..<vocabulary).max { logits[0, $0] < logits[0, $1] } ?? 0
                logits = pass.run([(cache, [Int32(next)])])
            }
            prefill = min(prefill, start.duration(to: read).inSeconds)
            let seconds = read.duration(to: .now).inSeconds / Double(max(1, tokens))
            if seconds < decode { (decode, parts) = (seconds, RegionClock.totals) }
        }
        let bandwidth = MachineLimits.readBandwidth()
        // A token reads the weights, and the keys and values of all before it.
        let config = decoder.config
        let context = 8 * config.layerCount * config.keyValueSize * (prompt + tokens / 2)
        let bytes = Double(decoder.decodedBytes + context)
        print(
            """
            prompt: \(prompt) tokens, \(Figures.fixed(Double(prompt) / prefill)) tokens/s
            decode: \(Figures.fixed(1 / decode, 2)) tokens/s, \(Figures.fixed(bytes / decode / 1e9, 2)) GB/s of \
            \(Figures.fixed(bytes / 1e9, 3)) GB of weights, keys and values a token
            memory reads: \(Figures.fixed(bandwidth / 1e9, 2)) GB/s; decode uses \
            \(Figures.fixed(bytes / decode / bandwidth, 3)) of it

            where the time of a token went, of \(Figures.fixed(decode * 1000, 2)) ms:
            """
        )
        TimeByPart(parts, of: decode * Double(tokens), count: tokens).show()
        guard mtpDrafts else { return }
        let plain = try Self.answer(decoder, ids, tokens, rounds)
        let drafted = try Self.answer(Decoder(checkpoint, withPrediction: true), ids, tokens, rounds)
        let drafts = drafted.answer.drafts ?? DraftCount()
        print(
            """

            greedy answer: \(Figures.fixed(plain.rate, 2)) tokens/s without drafts, \
            \(Figures.fixed(drafted.rate, 2)) with, \(Figures.fixed(drafted.rate / plain.rate, 2)) times as many; \
            \(drafts.accepted) of \(drafts.proposed) drafts accepted (\
            \(Figures.fixed((drafts.rate ?? 0) * 100)) %); \
            \(drafted.answer.ids == plain.answer.ids ? "the same answer" : "ANOTHER ANSWER")
            """
        )
    }

    /// A greedy answer, and the best rate of its tokens behind the first.
    private static func answer(_ decoder: Decoder, _ prompt: [Int32], _ tokens: Int, _ rounds: Int) throws
        -> (answer: Generation, rate: Double)
    {
        let options = GenerationOptions(sampling: .greedy, maxNewTokens: tokens)
        var (answer, best) = (Generation?.none, 0.0)
        for _ in 0..<max(1, rounds) {
            let generator = Generator(
                decoder,
                tokenizer: nil,
                stopRules: StopRules(),
                drafts: decoder.prediction != nil
            )
            try generator.add(GenerationRequest(prompt: prompt, options: options))
            var start: ContinuousClock.Instant?
            while !generator.isIdle {
                let updates = try generator.step()
                answer = updates.last?.generation ?? answer
                // The prompt counts until its first token is chosen.
                if start == nil, !updates.isEmpty { start = .now }
            }
            let seconds = start.map { $0.duration(to: .now).inSeconds } ?? 0
            best = max(best, Double(max(0, tokens - 1)) / max(seconds, 1e-9))
        }
        guard let answer else { throw ValidationError("no answer") }
        return (answer, best)
    }
}
