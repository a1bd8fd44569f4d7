import MimoFiles
import MimoModel

/// Where a run stands, as `trainer_state.json` keeps it: with the tensors beside it, all that resuming needs,
/// because orders and dropout are functions of seeds and steps.
struct TrainerState: Equatable {
    /// Steps done.
    var step = 0
    /// Labels that counted so far.
    var countedTokens = 0
    /// Tokens so far.
    var tokens = 0
    /// What the next line of the log has gathered so far.
    var window = LogWindow()
    /// The best evaluation so far.
    var best = BestStep()
    /// Whether the last step's evaluation is still to come: it was stopped.
    var isEvaluationPending = false
    /// What the evaluation before the first step found; nil where there was none.
    var base: Evaluation?
    /// How fast the run goes.
    var pace = Pace()
    /// What must be the same for the run to go on as it would have, by name.
    var identity: [(name: String, value: JSON)] = []

    static func == (lhs: TrainerState, rhs: TrainerState) -> Bool {
        lhs.json(totalSteps: 0, epoch: 0, elapsed: 0) == rhs.json(totalSteps: 0, epoch: 0, elapsed: 0)
    }

    /// Whether what a log says of a step came before this state, so that going on does not say it again. A run that
    /// begins keeps nothing: what stands there is of one that ended before its first checkpoint.
    func knows(_ step: Int, isEvaluation: Bool) -> Bool {
        guard self.step > 0 else { return false }
        return step < self.step || (step == self.step && !(isEvaluation && isEvaluationPending))
    }

    /// The names of what differs between two runs.
    func differences(from other: TrainerState) -> [String] {
        identity.compactMap { name, value in
            // What an earlier version did not know is off there.
            let theirs = other.identity.first { $0.name == name }?.value ?? .null
            guard theirs != value else { return nil }
            func text(_ value: JSON) -> String { value == .null ? "none" : value.text() }
            return "\(name) (\(text(theirs)) there, \(text(value)) here)"
        }
    }

    /// The file's value.
    ///
    /// - Parameters:
    ///   - totalSteps: Steps of the run.
    ///   - epoch: Passes over the rows so far.
    ///   - elapsed: Seconds of training so far.
    ///   - folder: The run's folder, in which the best checkpoint stands.
    /// - Returns: An object.
    func json(totalSteps: Int, epoch: Double, elapsed: Double, folder: String? = nil) -> JSON {
        .object(
            JSONObject(
                [
                    ("epoch", .double(epoch)), ("global_step", .int(Int64(step))),
                    ("max_steps", .int(Int64(totalSteps))),
                ] + best.members(folder: folder) + [
                    ("tokens", .int(Int64(tokens))), ("counted_tokens", .int(Int64(countedTokens))),
                    ("log_window", window.json), ("pace", pace.json(elapsed: elapsed)),
                    (
                        "base_evaluation",
                        base.map { base in
                            .object(JSONObject(base.metrics.map { ($0.name, .double($0.value)) }))
                        } ?? .null
                    ),
                    ("run", .object(JSONObject(identity.map { ($0.name, $0.value) }))),
                ] + (isEvaluationPending ? [("evaluation_pending", .bool(true))] : [])
            )
        )
    }

    init() {}

    /// Reads the file's value; nil where something is missing.
    init?(_ json: JSON) {
        guard let step = json["global_step"]?.intValue, let counted = json["counted_tokens"]?.intValue,
            let tokens = json["tokens"]?.intValue, let window = json["log_window"].flatMap(LogWindow.init),
            let run = json["run"]?.objectValue
        else { return nil }
        self.step = step
        countedTokens = counted
        self.tokens = tokens
        self.window = window
        best = BestStep(json)
        isEvaluationPending = json["evaluation_pending"]?.boolValue ?? false
        pace = json["pace"].map { Pace($0) } ?? Pace()
        base = json["base_evaluation"]?.objectValue.map { members in
            var base = Evaluation()
            base.metrics = members.compactMap { name, value in value.doubleValue.map { .init(name, $0) } }
            return base
        }
        identity = run.map { ($0.key, $0.value) }
    }
}

/// The steps since the last line of the log.
struct LogWindow: Equatable {
    var steps = 0
    var loss = 0.0
    var tokens = 0
    var countedTokens = 0
    var correctTokens = 0
    var seconds = 0.0
    /// Those of the layer for multi-token prediction, where it is trained.
    var prediction = PredictionWindow()

    mutating func add(_ record: StepRecord) {
        steps += 1
        loss += record.loss
        tokens += record.tokens
        countedTokens += record.countedTokens
        correctTokens += record.correctTokens
        seconds += record.seconds
        if let score = record.prediction { prediction.add(score) }
    }

    var json: JSON {
        var members: [(String, JSON)] = [
            ("steps", .int(Int64(steps))), ("loss", .double(loss)), ("tokens", .int(Int64(tokens))),
            ("counted_tokens", .int(Int64(countedTokens))), ("correct_tokens", .int(Int64(correctTokens))),
            ("seconds", .double(seconds)),
        ]
        if prediction != PredictionWindow() { members.append(("mtp", prediction.json)) }
        return .object(JSONObject(members))
    }

    init() {}

    init?(_ json: JSON) {
        guard let steps = json["steps"]?.intValue, let loss = json["loss"]?.doubleValue,
            let tokens = json["tokens"]?.intValue, let counted = json["counted_tokens"]?.intValue,
            let correct = json["correct_tokens"]?.intValue, let seconds = json["seconds"]?.doubleValue
        else { return nil }
        self.steps = steps
        self.loss = loss
        self.tokens = tokens
        countedTokens = counted
        correctTokens = correct
        self.seconds = seconds
        prediction = json["mtp"].flatMap(PredictionWindow.init) ?? PredictionWindow()
    }
}

/// The steps since the last line of the log, as the layer for multi-token prediction saw them.
struct PredictionWindow: Equatable {
    var loss = 0.0
    var targets = 0
    var correct = 0

    init() {}

    mutating func add(_ score: TargetScore) {
        loss += score.loss
        targets += score.targets
        correct += score.correct
    }

    var json: JSON {
        ["loss": .double(loss), "targets": .int(Int64(targets)), "correct": .int(Int64(correct))]
    }

    init?(_ json: JSON) {
        guard let loss = json["loss"]?.doubleValue, let targets = json["targets"]?.intValue,
            let correct = json["correct"]?.intValue
        else { return nil }
        self.loss = loss
        self.targets = targets
        self.correct = correct
    }
}
