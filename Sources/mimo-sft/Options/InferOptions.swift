import ArgumentParser
import MimoInfer

/// How answers are generated.
struct GenerationFlags: ParsableArguments {
    @Option(help: .taking("n", "The longest answer in tokens; up to the model's context if not given."))
    var maxNewTokens: Int?

    @Option(
        help: .taking(
            "x",
            "What the logits are divided by; 0 takes the most likely token; by the model if not given."
        )
    )
    var temperature: Double?

    @Option(
        help: .taking(
            "n",
            "How many of the most likely tokens are drawn from, 0 for all; by the model if not given."
        )
    )
    var topK: Int?

    @Option(
        help: .taking("x", "The probability that the tokens drawn from sum to; by the model if not given.")
    )
    var topP: Double?

    @Option(
        help: .taking(
            "x",
            "The share of the best token's probability that others need; by the model if not given."
        )
    )
    var minP: Double?

    @Option(
        help: .taking(
            "x",
            "Above 1, tokens that have occurred become less likely; by the model if not given."
        )
    )
    var repetitionPenalty: Double?

    @Option(help: .taking("n", "What random draws depend on."))
    var seed = SamplingOptions().seed

    @Option(
        parsing: .singleValue,
        help: .taking("text ...", "Texts at which an answer ends, beside the model's own.")
    )
    var stopWords: [String] = []

    @Option(help: .taking("bool", "Whether the stop word that ended an answer stays in it."))
    var keepStopWord = GenerationOptions().keepsStopWord

    @Option(
        help: .taking(
            "bool",
            """
            Let the model's layer for multi-token prediction draft tokens: the same answers in fewer passes, which is \
            faster where most drafts are accepted and few rows are answered at a time.
            """
        )
    )
    var mtpDrafts = false

    @Option(help: .taking("bool", "Whether results tell each token's log-probability."))
    var logprobs = GenerationOptions().reportsLogProbabilities

    @Option(help: .taking("n", "How many of the most likely tokens they tell beside it."))
    var topLogprobs: Int?

    /// The options as the library takes them.
    ///
    /// - Parameter model: What the model wants where nothing is given.
    /// - Returns: Options that are in their ranges.
    /// - Throws: `InferError` where one is not.
    func options(_ model: GenerationDefaults) throws -> GenerationOptions {
        var settings = SamplingSettings()
        settings.temperature = temperature.map { Float($0) }
        settings.topK = topK
        settings.topP = topP.map { Float($0) }
        settings.minP = minP.map { Float($0) }
        settings.repetitionPenalty = repetitionPenalty.map { Float($0) }
        let options = GenerationOptions(
            sampling: settings.completed(by: model, seed: seed),
            maxNewTokens: maxNewTokens,
            stopWords: stopWords,
            keepsStopWord: keepStopWord,
            reportsLogProbabilities: logprobs || topLogprobs != nil,
            topLogProbabilities: topLogprobs ?? 0
        )
        try options.validate()
        return options
    }
}

/// What is answered: rows, or a person.
struct InferenceInput: ParsableArguments {
    @Option(
        parsing: .singleValue,
        help: .taking(
            "file ...",
            "Files or folders of rows to answer, each FILE[:subset][#rows]; without them you are asked."
        )
    )
    var valDataset: [String] = []

    @Option(
        help: .taking("bool", "Answer the rows that the adapter's training set aside, or else those it used.")
    )
    var loadDataArgs = false

    @Option(help: .taking("n", "How many of the rows are answered; all if not given."))
    var valDatasetSample: Int?

    @Option(
        help: .taking(
            "file",
            "File that results are appended to, a JSON object a row; beside the adapter if not given."
        )
    )
    var resultPath: String?

    @Option(help: .taking("n", "How many rows are answered at a time."))
    var maxBatchSize = 8

    @Option(help: .taking("bool", "Whether answers are shown as they come; only in a chat if not given."))
    var stream: Bool?

    @Option(
        help: .taking(
            "show|fold|hide",
            "How a chat shows thinking: in full, dimmed on a terminal; as a line that tells its length; not at all."
        )
    )
    var thinking = ShownAnswer.Thinking.show

    @Option(help: .taking("json", "Columns to rename, as JSON: {\"question\": \"query\"}."))
    var columns: String?

    @Option(help: .taking("bool", "Stop at the first bad row rather than writing its error in its result."))
    var strict = false
}
