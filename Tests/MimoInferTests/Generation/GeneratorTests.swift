import MimoModel
import MimoNumerics
import MimoTestSupport
import Testing

@testable import MimoInfer

@Suite struct GeneratorTests {
    static func decoder(_ model: String) throws -> Decoder {
        try Decoder(Checkpoint(directory: Golden.path("model/\(model)")))
    }

    static func generator(_ model: String, batch: Int = 1, promptStep: Int = 512, ending: Set<Int32> = [])
        throws
        -> Generator
    {
        Generator(
            try decoder(model),
            tokenizer: nil,
            stopRules: StopRules(ids: ending),
            maxBatchSize: batch,
            promptStep: promptStep
        )
    }

    static func prompts(_ lengths: [Int], vocabulary: Int = 320) -> [[Int32]] {
        lengths.enumerated().map { row, length in
            (0..<length).map { Int32(($0 * 37 + row * 101 + 5) % vocabulary) }
        }
    }

    static func request(
        _ prompt: [Int32],
        _ count: Int,
        sampling: SamplingOptions = .greedy,
        stream: UInt64 = 0
    )
        -> GenerationRequest
    {
        GenerationRequest(
            prompt: prompt,
            options: GenerationOptions(sampling: sampling, maxNewTokens: count),
            stream: stream
        )
    }

    /// Runs all requests to their end.
    static func answers(_ generator: Generator, _ requests: [GenerationRequest]) throws -> [Generation] {
        var answers: [Int: Generation] = [:]
        for request in requests { try generator.add(request) }
        while !generator.isIdle {
            for update in try generator.step() { answers[update.request] = update.generation }
        }
        return answers.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Greedy decoding the slow way: the whole sequence anew for each token, without a cache.
    static func reference(_ decoder: Decoder, _ prompt: [Int32], _ count: Int) -> [Int32] {
        var ids = prompt
        for _ in 0..<count {
            let logits = InferencePass(decoder).run([(KeyValueCache(decoder.config), ids)]).elements
            ids.append(Int32(logits.indices.max { (logits[$0], $1) < (logits[$1], $0) } ?? 0))
        }
        return Array(ids[prompt.count...])
    }

    @Test(
        "Greedy answers are those of the whole sequence run anew for each token",
        arguments: Golden.tinyModels
    )
    func greedy(model: String) throws {
        let decoder = try Self.decoder(model)
        for prompt in Self.prompts([1, 2, 9, 40]) {
            let generator = try Self.generator(model)
            let answer = try generator.generate(Self.request(prompt, 12))
            #expect(answer.ids == Self.reference(decoder, prompt, 12))
            #expect(answer.finishReason == .length)
            #expect(answer.promptTokens == prompt.count)
        }
    }

    @Test("Many requests at once give each the answer it gets alone", arguments: [1, 2, 3, 7])
    func batches(size: Int) throws {
        let requests = Self.prompts([3, 17, 1, 30, 8, 8, 25, 2, 60]).enumerated().map { row, prompt in
            Self.request(
                prompt,
                3 + row * 2 % 11,
                sampling: row.isMultiple(of: 2) ? .greedy : SamplingOptions(temperature: 0.8, topP: 0.95),
                stream: UInt64(row)
            )
        }
        let alone = try requests.map { try Self.generator("tiny-mimo").generate($0) }
        let together = try Self.answers(Self.generator("tiny-mimo", batch: size, promptStep: 16), requests)
        #expect(together.map(\.ids) == alone.map(\.ids))
        #expect(together.map(\.promptTokens) == requests.map(\.prompt.count))
    }

    @Test("A prompt read in small parts gives the same answer", arguments: [1, 2, 5, 64])
    func parts(step: Int) throws {
        let prompt = Self.prompts([50])[0]
        let answer = try Self.generator("tiny-qwen3", promptStep: step).generate(Self.request(prompt, 8))
        #expect(answer.ids == Self.reference(try Self.decoder("tiny-qwen3"), prompt, 8))
    }

    @Test("A prompt that begins like an earlier one takes over what was computed, with the same answer")
    func reuse() throws {
        let generator = try Self.generator("tiny-llama")
        let prompt = Self.prompts([30])[0]
        let first = try generator.generate(Self.request(prompt, 6))
        #expect(first.reusedTokens == 0)
        // The next turn: the conversation so far and more. The token chosen last was never read.
        let longer = prompt + first.ids + [7, 8, 9]
        let second = try generator.generate(Self.request(longer, 6))
        #expect(second.reusedTokens == prompt.count + first.ids.count - 1)
        #expect(second.ids == Self.reference(try Self.decoder("tiny-llama"), longer, 6))
        // The same again: all but the last token, whose logits are wanted.
        let third = try generator.generate(Self.request(longer, 6))
        #expect(third.reusedTokens == longer.count - 1)
        #expect(third.ids == second.ids)
        // Another beginning: nothing.
        let other = [Int32(3)] + longer
        let fourth = try generator.generate(Self.request(other, 6))
        #expect(fourth.reusedTokens == 0)
        #expect(fourth.ids == Self.reference(try Self.decoder("tiny-llama"), other, 6))
    }

    @Test("An end token ends the answer and is its last token")
    func endToken() throws {
        let prompt = Self.prompts([9])[0]
        let free = try Self.generator("tiny-mimo").generate(Self.request(prompt, 12))
        let end = free.ids[5]
        let first = try #require(free.ids.firstIndex(of: end))
        let answer = try Self.generator("tiny-mimo", ending: [end]).generate(Self.request(prompt, 12))
        #expect(answer.ids == Array(free.ids[...first]))
        #expect(answer.finishReason == .stop)
    }

    @Test("The model's context limits the answer")
    func context() throws {
        let generator = try Self.generator("tiny-mimo")
        let limit = generator.config.maxPositions
        let prompt = (0..<limit - 3).map { Int32($0 % 300) }
        let answer = try generator.generate(
            GenerationRequest(prompt: prompt, options: GenerationOptions(sampling: .greedy))
        )
        #expect(answer.ids.count == 3)
        #expect(answer.finishReason == .length)
        #expect(throws: InferError.promptTooLong(tokens: limit, limit: limit)) {
            try generator.add(Self.request((0..<limit).map { Int32($0 % 300) }, 1))
        }
    }

    @Test("Prompts that the model cannot read are refused")
    func refused() throws {
        let generator = try Self.generator("tiny-mimo")
        #expect(throws: InferError.emptyPrompt) { try generator.add(Self.request([], 1)) }
        #expect(throws: InferError.unknownToken(id: 320, vocabularySize: 320)) {
            try generator.add(Self.request([1, 320], 1))
        }
        #expect(throws: InferError.unknownToken(id: -1, vocabularySize: 320)) {
            try generator.add(Self.request([-1], 1))
        }
        #expect(throws: InferError.badOption("max_new_tokens", found: "0", expected: "at least 1")) {
            try generator.add(Self.request([1], 0))
        }
        #expect(generator.isIdle)
    }

    @Test("Stopped requests give what they have; the others go on as if nothing had been")
    func cancel() throws {
        let prompts = Self.prompts([5, 6, 7])
        let alone = try prompts.map { try Self.generator("tiny-mimo").generate(Self.request($0, 10)).ids }
        let generator = try Self.generator("tiny-mimo", batch: 2)
        for prompt in prompts { try generator.add(Self.request(prompt, 10)) }
        for _ in 0..<4 { _ = try generator.step() }
        let stopped = generator.cancel([0])
        #expect(stopped.map(\.request) == [0])
        #expect(stopped[0].generation?.finishReason == .cancelled)
        #expect(stopped[0].generation?.ids == Array(alone[0][..<4]))
        var answers: [Int: [Int32]] = [:]
        while !generator.isIdle {
            for update in try generator.step() { answers[update.request] = update.generation?.ids }
        }
        #expect(answers[1] == alone[1])
        #expect(answers[2] == alone[2])
        // All at once, waiting ones included.
        for prompt in prompts { try generator.add(Self.request(prompt, 10)) }
        _ = try generator.step()
        #expect(generator.cancel().map { $0.generation?.ids.count } == [1, 1, 0])
        #expect(generator.isIdle)
    }

    @Test("Log-probabilities are those of the logits, before any sampling step", arguments: Golden.tinyModels)
    func logProbabilities(model: String) throws {
        let prompt = Self.prompts([12])[0]
        let request = GenerationRequest(
            prompt: prompt,
            options: GenerationOptions(
                sampling: SamplingOptions(temperature: 0.5, topK: 3, repetitionPenalty: 1.5),
                maxNewTokens: 5,
                reportsLogProbabilities: true,
                topLogProbabilities: 4
            )
        )
        let answer = try Self.generator(model).generate(request)
        let decoder = try Self.decoder(model)
        let all = prompt + answer.ids
        let logits = InferencePass(decoder).run([(KeyValueCache(decoder.config), all)], logits: .all)
        let reported = try #require(answer.logProbabilities)
        #expect(reported.map(\.id) == answer.ids)
        for (place, entry) in reported.enumerated() {
            let row = logits.rows(prompt.count - 1 + place..<prompt.count + place).elements
            let level = TokenLogProbability.logSumExp(row)
            #expect(abs(entry.logProbability - (Double(row[Int(entry.id)]) - level)) < 1e-4)
            #expect(entry.top.count == 4)
            let best = row.indices.sorted { row[$0] > row[$1] }.prefix(4).map { Int32($0) }
            #expect(entry.top.map(\.id) == best)
            #expect(
                zip(entry.top, entry.top.dropFirst()).allSatisfy { $0.logProbability >= $1.logProbability }
            )
        }
    }
}
