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
    @Option(help: "Rounds; the middle one counts.") var rounds = 5
    @Flag(help: "Draft with the layer for multi-token prediction, and say what it came to.") var mtpDrafts =
        false
    @OptionGroup var machine: MachineOptions

    /// One round: what a prompt and the tokens behind it took, and the bandwidth around them.
    private struct Round {
        /// Seconds of the prompt.
        var prefill: Double
        /// Seconds of one token.
        var decode: Double
        /// Bytes per second, the mean of before and after: on a shared machine it changes by the second.
        var bandwidth: Double
        var parts: [RegionPart: RegionClock.Total]
    }

    func run() throws {
        machine.apply()
        let checkpoint = try Checkpoint(directory: model)
        let decoder = try Decoder(checkpoint)
        let vocabulary = min(decoder.config.vocabularySize, 10_000)
        let ids = (0..<prompt).map { Int32(($0 * 7919 + 13) % vocabulary) }
        var bandwidth = MachineLimits.readBandwidth()
        let measured = (0..<max(1, rounds)).map { _ in
            let before = bandwidth
            var round = generate(InferencePass(decoder), ids)
            bandwidth = MachineLimits.readBandwidth()
            round.bandwidth = (before + bandwidth) / 2
            return round
        }
        // A token reads the weights, and the keys and values of all before it.
        let config = decoder.config
        let context = 8 * config.layerCount * config.keyValueSize * (prompt + tokens / 2)
        let bytes = Double(decoder.decodedBytes + context)
        let shares = measured.map { bytes / $0.decode / $0.bandwidth }
        let middle = measured.sorted { $0.decode < $1.decode }[measured.count / 2]
        let prefill = measured.map(\.prefill).sorted()[measured.count / 2]
        print(
            """
            prompt: \(prompt) tokens, \(Figures.fixed(Double(prompt) / prefill)) tokens/s
            decode: \(Figures.fixed(1 / middle.decode, 2)) tokens/s, \
            \(Figures.fixed(bytes / middle.decode / 1e9, 2)) GB/s of \(Figures.fixed(bytes / 1e9, 3)) GB of weights, \
            keys and values a token
            memory reads: \(Figures.fixed(middle.bandwidth / 1e9, 2)) GB/s; decode uses \
            \(Figures.fixed(shares.sorted()[shares.count / 2], 3)) of it; of each round's own: \
            \(shares.map { Figures.fixed($0, 3) }.joined(separator: ", "))

            where the time of a token went, of \(Figures.fixed(middle.decode * 1000, 2)) ms:
            """
        )
        TimeByPart(middle.parts, of: middle.decode * Double(tokens), count: tokens).show()
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

    /// Reads the prompt, then appends tokens one by one as the command does when it is greedy.
    private func generate(_ pass: InferencePass, _ ids: [Int32]) -> Round {
        let cache = KeyValueCache(pass.config, capacity: prompt + tokens)
        let start = ContinuousClock.now
        var logits = pass.run([(cache, ids)])
        let read = ContinuousClock.now
        RegionClock.reset()
        for _ in 0..<tokens {
            let next = Candidates(logits: logits.elements).best ?? 0
            logits = pass.run([(cache, [Int32(next)])])
        }
        let decode = read.duration(to: .now).inSeconds / Double(max(1, tokens))
        return Round(
            prefill: start.duration(to: read).inSeconds,
            decode: decode,
            bandwidth: 0,
            parts: RegionClock.totals
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
