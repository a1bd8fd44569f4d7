import MimoData
import MimoFiles
import MimoInfer
import MimoModel
import MimoText

/// Watches whether a model goes on thinking while it is trained: at each evaluation it answers the same prompts,
/// greedily, and what became of the think blocks is counted.
///
/// The answers go to `retention.jsonl` in the run's folder.
final class RetentionProbe: EvaluationProbe {
    /// The file of answers.
    static let fileName = "retention.jsonl"
    /// Prompts that are answered at a time.
    private static let batchSize = 8

    private let prompts: [RetentionPrompt]
    private let requests: [GenerationRequest]
    private let options: RetentionOptions
    private let encoder: RowEncoder
    private let decoder: Decoder
    private let stopRules: StopRules
    private var base: Evaluation?
    private var log: AppendedLog?

    /// Names prompts and limits.
    let fingerprint: String

    /// A probe of a decoder that is being trained, which must keep its tensors.
    ///
    /// - Throws: Where the prompts cannot be read, or one does not fit the template or the model's context.
    init(_ options: RetentionOptions, path: String, decoder: Decoder, encoder: RowEncoder) throws {
        try options.validate()
        self.options = options
        self.decoder = decoder
        self.encoder = encoder
        prompts = try RetentionPrompt.read(path)
        let generation = GenerationOptions(
            sampling: SamplingOptions(temperature: 0),
            maxNewTokens: options.maxNewTokens
        )
        requests = try prompts.map { try encoder.request(for: $0.conversation, options: generation) }
        stopRules = StopRules(
            config: decoder.config,
            tokenizer: encoder.tokenizer,
            template: encoder.template
        )
        var fingerprint = Fingerprint()
        for (request, prompt) in zip(requests, prompts) {
            for id in request.prompt { fingerprint.add(UInt64(UInt32(bitPattern: id))) }
            fingerprint.add(prompt.answer ?? "")
        }
        fingerprint.add(UInt64(options.maxNewTokens))
        self.fingerprint = fingerprint.text
        let generator = generator
        for request in requests { try generator.validate(request) }
    }

    var memoryBytes: Int { generator.footprint(of: requests) }

    func begin(in folder: String, keeping isKnown: (_ step: Int) -> Bool, base: Evaluation?) throws {
        log = try AppendedLog(path: "\(folder)/\(Self.fileName)") { step, _ in isKnown(step) }
        self.base = base
    }

    func evaluate(
        after step: Int,
        of total: Int,
        _ report: (_ done: Int, _ total: Int) -> Disposition
    ) throws -> Evaluation? {
        guard let answers = try answers(report) else { return nil }
        var count = RetentionCount()
        for (prompt, generation) in zip(prompts, answers) {
            let parts = ThinkingAnswer(generation.text)
            let isRight = prompt.answer.map { ExpectedAnswer($0).matches(parts.answer) }
            let tokens = parts.thinking.map { encoder.tokenizer.encode($0).count } ?? 0
            count.add(parts, tokens: tokens, isRight: isRight)
            try log?.append([
                "global_step/max_steps": .string("\(step)/\(total)"), "prompt": .string(prompt.question),
                "response": .string(generation.text), "closed": .bool(parts.isClosed),
                "empty": .bool(parts.isEmpty), "think_tokens": .int(Int64(tokens)),
                "answer": prompt.answer.map { .string($0) } ?? .null,
                "correct": isRight.map { .bool($0) } ?? .null,
                "finish_reason": .string(generation.finishReason.rawValue),
            ])
        }
        var evaluation = Evaluation()
        evaluation.metrics = count.metrics
        if let base {
            evaluation.alarms = RetentionCount.alarms(evaluation, base: base, tolerance: options.tolerance)
        }
        if step == 0 { base = evaluation }
        return evaluation
    }

    /// A generator for the weights as they are: what an earlier one keeps of prompts belongs to older weights.
    private var generator: Generator {
        Generator(
            decoder,
            tokenizer: encoder.tokenizer,
            stopRules: stopRules,
            maxBatchSize: Self.batchSize
        )
    }

    private func answers(_ report: (_ done: Int, _ total: Int) -> Disposition) throws -> [Generation]? {
        let generator = generator
        for request in requests { try generator.add(request) }
        var answers: [Int: Generation] = [:]
        while !generator.isIdle {
            if case .stop = report(answers.count, requests.count) { return nil }
            for update in try generator.step() {
                if let generation = update.generation { answers[update.request] = generation }
            }
        }
        return requests.indices.compactMap { answers[$0] }
    }
}
