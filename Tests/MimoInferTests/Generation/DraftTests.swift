import MimoModel
import MimoNumerics
import MimoTestSupport
import MimoText
import Testing

@testable import MimoInfer

/// Drafts of the layer for multi-token prediction change how fast an answer comes, and nothing else.
@Suite struct DraftTests {
    private static let tiny = Golden.path("model/tiny-mimo")
    /// A model whose layer was trained, so that drafts are accepted.
    private static let nano = "\(Golden.package)Sources/mimo-sft/MiMo-Nano"

    private static func decoder(_ model: String, drafts: Bool) throws -> Decoder {
        try Decoder(Checkpoint(directory: model), withPrediction: drafts)
    }

    private static func generator(
        _ model: String,
        drafts: Bool,
        tokenizer: Tokenizer? = nil,
        stopRules: StopRules = StopRules(),
        batch: Int = 1,
        promptStep: Int = 512
    ) throws -> Generator {
        Generator(
            try decoder(model, drafts: drafts),
            tokenizer: tokenizer,
            stopRules: stopRules,
            maxBatchSize: batch,
            promptStep: promptStep,
            drafts: drafts
        )
    }

    /// Questions that the small model knows, and noise that it does not.
    private static func prompts(_ tokenizer: Tokenizer) -> [[Int32]] {
        let questions = ["Who are you?", "What is 7 plus 5?", "你是谁？", "12减去4等于多少？", "A riddle, please."]
        let asked = questions.map {
            tokenizer.encode("<|im_start|>user\n\($0)<|im_end|>\n<|im_start|>assistant\n")
        }
        return asked + GeneratorTests.prompts([1, 2, 33], vocabulary: 1000)
    }

    private static func drafts(_ answers: [Generation]) -> DraftCount {
        answers.reduce(into: DraftCount()) { $0.add($1.drafts ?? DraftCount()) }
    }

    /// What must not depend on drafts.
    private static func facts(_ answers: [Generation]) -> [[String]] {
        answers.map { ["\($0.ids)", $0.text, $0.finishReason.rawValue, "\($0.promptTokens)"] }
    }

    @Test(
        "Answers are the same with and without drafts, at any length, in any batch",
        arguments: [(1, 512), (3, 512), (8, 7)]
    )
    func lossless(batch: Int, promptStep: Int) throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        var all = DraftCount()
        for (model, prompts) in [
            (Self.tiny, GeneratorTests.prompts([1, 2, 3, 17, 40, 64])),
            (Self.nano, Self.prompts(tokenizer)),
        ] {
            for length in [1, 2, 3, 10, 41] {
                let requests = prompts.map { GeneratorTests.request($0, length) }
                let plain = try Self.generator(model, drafts: false, batch: batch, promptStep: promptStep)
                let drafting = try Self.generator(model, drafts: true, batch: batch, promptStep: promptStep)
                let expected = try GeneratorTests.answers(plain, requests)
                let found = try GeneratorTests.answers(drafting, requests)
                #expect(Self.facts(found) == Self.facts(expected), "\(model), \(length) tokens")
                #expect(expected.allSatisfy { $0.drafts == nil })
                let drafts = Self.drafts(found)
                // Two more tokens must be able to follow for a draft to save anything.
                if length < 3 { #expect(drafts.proposed == 0) }
                all.add(drafts)
            }
        }
        #expect(all.proposed > 100 && all.accepted > 20, "\(all)")
    }

    @Test("What is drawn at random, or penalised for repeating, is drawn the same")
    func sampling() throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        let ways = [
            SamplingOptions(temperature: 0.7, topP: 0.9), SamplingOptions(temperature: 1.3, topK: 20),
            SamplingOptions(temperature: 0, repetitionPenalty: 1.3),
        ]
        for sampling in ways {
            let requests = Self.prompts(tokenizer).enumerated().map { row, prompt in
                GeneratorTests.request(prompt, 30, sampling: sampling, stream: UInt64(row))
            }
            let expected = try GeneratorTests.answers(
                Self.generator(Self.nano, drafts: false, batch: 2),
                requests
            )
            let found = try GeneratorTests.answers(
                Self.generator(Self.nano, drafts: true, batch: 2),
                requests
            )
            #expect(Self.facts(found) == Self.facts(expected))
            #expect(Self.drafts(found).accepted > 0)
        }
    }

    @Test("An answer ends where it would without drafts: at an end token, a stop word, the context's end")
    func ends() throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        let checkpoint = try Checkpoint(directory: Self.nano)
        let rules = StopRules(config: checkpoint.config, tokenizer: tokenizer, template: nil)
        let prompts = Self.prompts(tokenizer)
        let free = try prompts.map {
            try Self.generator(Self.nano, drafts: false).generate(GeneratorTests.request($0, 40)).ids
        }
        func answers(_ drafts: Bool, _ rules: StopRules, _ options: (Int) -> GenerationOptions) throws
            -> [Generation]
        {
            let generator = try Self.generator(
                Self.nano,
                drafts: drafts,
                tokenizer: tokenizer,
                stopRules: rules,
                batch: 3
            )
            let requests = prompts.enumerated().map { GenerationRequest(prompt: $1, options: options($0)) }
            return try GeneratorTests.answers(generator, requests)
        }
        // The model's own end; each token of an answer in turn as the end, so that it falls on drafts and others.
        let own = try answers(false, rules) { _ in GenerationOptions(sampling: .greedy, maxNewTokens: 200) }
        #expect(own.contains { $0.finishReason == .stop })
        let ownDrafted = try answers(true, rules) { _ in
            GenerationOptions(sampling: .greedy, maxNewTokens: 200)
        }
        #expect(Self.facts(ownDrafted) == Self.facts(own))
        // What the model knows the layer knows too.
        #expect(try #require(Self.drafts(Array(ownDrafted.prefix(4))).rate) > 0.6)
        for place in [0, 1, 2, 7, 8, 20, 21] {
            let rules = StopRules(ids: Set(free.map { $0[place] }))
            let options = { (_: Int) in GenerationOptions(sampling: .greedy, maxNewTokens: 40) }
            #expect(
                try Self.facts(answers(true, rules, options)) == Self.facts(answers(false, rules, options))
            )
            let words = { (row: Int) in
                let text = tokenizer.decode(Array(free[row][place..<place + 2]))
                return GenerationOptions(
                    sampling: .greedy,
                    maxNewTokens: 40,
                    stopWords: text.isEmpty ? [] : [text],
                    keepsStopWord: place % 2 == 0,
                    reportsLogProbabilities: true
                )
            }
            let (found, expected) = (try answers(true, rules, words), try answers(false, rules, words))
            #expect(Self.facts(found) == Self.facts(expected))
            #expect(found.map { $0.logProbabilities?.map(\.id) } == found.map { $0.ids })
        }
        // The context's end.
        for left in 2...5 {
            let prompt = (0..<checkpoint.config.maxPositions - left).map { Int32($0 % 900) }
            let request = GenerationRequest(prompt: prompt, options: GenerationOptions(sampling: .greedy))
            let expected = try Self.generator(Self.nano, drafts: false).generate(request)
            let found = try Self.generator(Self.nano, drafts: true).generate(request)
            #expect(Self.facts([found]) == Self.facts([expected]))
            #expect(found.ids.count == left)
        }
    }

    @Test(
        "A prompt that begins like an earlier one takes over what was computed, with the same answer and drafts"
    )
    func reuse() throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        for length in [4, 5, 12, 13] {
            let generator = try Self.generator(Self.nano, drafts: true)
            let prompt = Self.prompts(tokenizer)[1]
            let first = try generator.generate(GeneratorTests.request(prompt, length))
            let turns = [
                prompt + first.ids + prompt, prompt, prompt + first.ids, Array(prompt.dropLast(2)) + [9, 9],
            ]
            for turn in turns {
                let request = GeneratorTests.request(turn, 20)
                let again = try generator.generate(request)
                let alone = try Self.generator(Self.nano, drafts: true).generate(request)
                #expect(again.ids == alone.ids && again.drafts == alone.drafts)
                #expect(again.reusedTokens > prompt.count - 5 && alone.reusedTokens == 0)
                #expect(
                    try again.ids == Self.generator(Self.nano, drafts: false).generate(request).ids
                )
            }
        }
    }

    @Test("A stopped answer leaves nothing behind that others would notice")
    func cancel() throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        let prompts = Self.prompts(tokenizer)
        let alone = try prompts.map {
            try Self.generator(Self.nano, drafts: false).generate(GeneratorTests.request($0, 24)).ids
        }
        for steps in 1...6 {
            let generator = try Self.generator(Self.nano, drafts: true, batch: 3)
            for prompt in prompts { try generator.add(GeneratorTests.request(prompt, 24)) }
            var answers: [Int: [Int32]] = [:]
            for _ in 0..<steps {
                for update in try generator.step() { answers[update.request] = update.generation?.ids }
            }
            let stopped = try #require(generator.cancel([1]).first?.generation)
            #expect(stopped.ids == Array(alone[1][..<stopped.ids.count]))
            while !generator.isIdle {
                for update in try generator.step() { answers[update.request] = update.generation?.ids }
            }
            for row in prompts.indices where row != 1 { #expect(answers[row] == alone[row]) }
        }
    }

    @Test("Each token is told of once, in order, with the text it adds")
    func updates() throws {
        let tokenizer = try Tokenizer(directory: Self.nano)
        let generator = try Self.generator(Self.nano, drafts: true, tokenizer: tokenizer)
        try generator.add(GeneratorTests.request(Self.prompts(tokenizer)[0], 30))
        var (ids, text, steps) = ([Int32](), "", 0)
        var answer: Generation?
        while !generator.isIdle {
            steps += 1
            for update in try generator.step() {
                if let id = update.id { ids.append(id) }
                text += update.text
                #expect(answer == nil)
                answer = update.generation
            }
        }
        #expect(ids == answer?.ids && text == answer?.text)
        let accepted = try #require(answer?.drafts?.accepted)
        #expect(accepted > 0 && steps == ids.count - accepted)
    }
}
