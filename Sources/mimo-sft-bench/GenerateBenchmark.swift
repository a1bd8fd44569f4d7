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

    /// One round: what a prompt and the tokens behind it took, and the bandwidth between them.
    private struct Round {
        /// Seconds of the prompt.
        var prefill: Double
        /// Seconds of one token.
        var decode: Double
        /// Seconds in which memory can be read for each byte, the mean of readings between the tokens.
        var secondsPerByte: Double
        var parts: [RegionPart: RegionClock.Total]
    }

    /// Tokens between two readings of memory.
    private static let tokensBetweenReadings = 8

    func run() throws {
        machine.apply()
        let checkpoint = try Checkpoint(directory: model)
        let decoder = try Decoder(checkpoint)
        let vocabulary = min(decoder.config.vocabularySize, 10_000)
        let ids = (0..<prompt).map { Int32(($0 * 7919 + 13) % vocabulary) }
        let memory = MachineLimits.MemoryReading()
        let measured = (0..<max(1, rounds)).map { _ in generate(InferencePass(decoder), ids, memory) }
        // A token reads the weights, and the keys and values of all before it.
        let config = decoder.config
        let context = 8 * config.layerCount * config.keyValueSize * (prompt + tokens / 2)
        let bytes = Double(decoder.decodedBytes + context)
        let shares = measured.map { bytes * $0.secondsPerByte / $0.decode }
        let middle = measured.sorted { $0.decode < $1.decode }[measured.count / 2]
        let prefill = measured.map(\.prefill).sorted()[measured.count / 2]
        print(
            """
            prompt: \(prompt) tokens, \(Figures.fixed(Double(prompt) / prefill)) tokens/s
            decode: \(Figures.fixed(1 / middle.decode, 2)) tokens/s, \
            \(Figures.fixed(bytes / middle.decode / 1e9, 2)) GB/s of \(Figures.fixed(bytes / 1e9, 3)) GB of weights, \
            keys and values a token
            memory reads: \(Figures.fixed(1e-9 / middle.secondsPerByte, 2)) GB/s; decode uses \
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
    private func generate(_ pass: InferencePass, _ ids: [Int32], _ memory: MachineLimits.MemoryReading)
        -> Round
    {
        let cache = KeyValueCache(pass.config, capacity: prompt + tokens)
        let start = ContinuousClock.now
        var logits = pass.run([(cache, ids)])
        let prefill = start.duration(to: .now).inSeconds
        var (decode, reading, readings) = (0.0, 0.0, 0)
        var parts: [RegionPart: RegionClock.Total] = [:]
        for first in stride(from: 0, to: tokens, by: Self.tokensBetweenReadings) {
            RegionClock.reset()
            let start = ContinuousClock.now
            for _ in first..<min(tokens, first + Self.tokensBetweenReadings) {
                let next = Argmax.place(in: logits) ?? 0
                logits = pass.run([(cache, [Int32(next)])])
            }
            decode += start.duration(to: .now).inSeconds
            parts.merge(RegionClock.totals, uniquingKeysWith: +)
            reading += 1 / memory.bytesPerSecond()
            readings += 1
        }
        return Round(
            prefill: prefill,
            decode: decode / Double(max(1, tokens)),
            secondsPerByte: reading / Double(max(1, readings)),
            parts: parts
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
