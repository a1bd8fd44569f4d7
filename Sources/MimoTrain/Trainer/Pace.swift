import MimoFiles

/// How fast a run goes, to tell when it will end: right after it is resumed too, by the speed that the process
/// before it had.
struct Pace: Equatable {
    /// Seconds of one kind of work and how much was done in them.
    private struct Rate: Equatable {
        var seconds = 0.0
        var amount = 0.0

        var perUnit: Double? { amount > 0 ? seconds / amount : nil }
    }

    /// Seconds of training in earlier processes.
    private(set) var earlierSeconds = 0.0
    private var steps = Rate()
    private var evaluations = Rate()
    private var saves = Rate()
    /// Seconds of the look at the model before the first step, which scores no rows.
    private var firstLook: Double?
    private var earlierStep: Double?
    private var earlierEvaluation: Double?
    private var earlierSave: Double?
    private var isWarm = false

    /// Counts a step of so many tokens. A process's first one is slower, as pages of the weights are still to be
    /// read, and only counts while there is no other.
    mutating func step(tokens: Int, seconds: Double) {
        if !isWarm, steps.amount > 0 {
            steps = Rate()
            isWarm = true
        }
        steps.seconds += seconds
        steps.amount += Double(tokens)
    }

    /// Takes note of the look before the first step.
    mutating func firstLook(seconds: Double) { firstLook = seconds }

    /// Counts an evaluation.
    mutating func evaluation(seconds: Double) {
        evaluations.seconds += seconds
        evaluations.amount += 1
    }

    /// Counts a checkpoint.
    mutating func save(seconds: Double) {
        saves.seconds += seconds
        saves.amount += 1
    }

    /// Seconds that the rest of a run takes; nil before there is a speed.
    ///
    /// Until an evaluation has shown what it takes, it counts as the look before the first step and as its tokens at
    /// the speed of training, of which scoring is a share.
    func remaining(_ rest: Rest) -> Double? {
        let own = isWarm || earlierStep == nil ? steps.perUnit : nil
        guard let perToken = own ?? earlierStep else { return nil }
        let evaluation =
            evaluations.perUnit ?? earlierEvaluation
            ?? (firstLook ?? 0) + perToken * rest.scoringShare * Double(rest.scoredTokens)
        return perToken * Double(rest.tokens) + evaluation * Double(rest.evaluations)
            + (saves.perUnit ?? earlierSave ?? 0) * Double(rest.saves)
    }

    /// What is still to be done of a run.
    struct Rest {
        /// Tokens to be trained on.
        var tokens: Int
        /// Evaluations.
        var evaluations = 0
        /// Tokens that each of them scores.
        var scoredTokens = 0
        /// What scoring a token takes, of what training on it takes.
        var scoringShare = 0.0
        /// Checkpoints.
        var saves = 0
    }

    /// What `trainer_state.json` keeps, for the process that goes on.
    func json(elapsed: Double) -> JSON {
        func number(_ value: Double?) -> JSON { value.map { .double($0) } ?? .null }
        return [
            "elapsed": .double(elapsed), "seconds_per_token": number(steps.perUnit ?? earlierStep),
            "seconds_per_evaluation": number(evaluations.perUnit ?? earlierEvaluation),
            "seconds_per_checkpoint": number(saves.perUnit ?? earlierSave),
            "seconds_of_first_look": number(firstLook),
        ]
    }

    init() {}

    init(_ json: JSON) {
        earlierSeconds = json["elapsed"]?.doubleValue ?? 0
        earlierStep = json["seconds_per_token"]?.doubleValue
        earlierEvaluation = json["seconds_per_evaluation"]?.doubleValue
        earlierSave = json["seconds_per_checkpoint"]?.doubleValue
        firstLook = json["seconds_of_first_look"]?.doubleValue
    }
}
