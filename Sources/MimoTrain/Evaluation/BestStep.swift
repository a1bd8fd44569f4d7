import MimoFiles

/// The best evaluation of a run so far, and how long ago it was.
struct BestStep: Equatable {
    /// Its step; nil before the first evaluation.
    private(set) var step: Int?
    /// The metric there.
    private(set) var metric: Double?
    /// Evaluations since then.
    private(set) var evaluationsSince = 0

    /// Takes an evaluation's metric; returns whether it is the best so far.
    mutating func take(_ value: Double, at step: Int, _ options: EvaluationOptions) -> Bool {
        guard metric.map({ options.isBetter(value, than: $0) }) ?? true else {
            evaluationsSince += 1
            return false
        }
        (self.step, metric, evaluationsSince) = (step, value, 0)
        return true
    }

    /// Whether so many evaluations have passed without a new best that the run ends.
    func isOver(_ options: EvaluationOptions) -> Bool {
        options.patience.map { evaluationsSince >= $0 } ?? false
    }

    /// The members of `trainer_state.json`, with transformers' names for the first three.
    func members(folder: String?) -> [(String, JSON)] {
        [
            ("best_metric", metric.map { .double($0) } ?? .null),
            ("best_global_step", step.map { .int(Int64($0)) } ?? .null),
            (
                "best_model_checkpoint",
                folder.flatMap { folder in step.map { .string("\(folder)/checkpoint-\($0)") } } ?? .null
            ),
            ("evaluations_since_best", .int(Int64(evaluationsSince))),
        ]
    }

    init() {}

    init(_ json: JSON) {
        step = json["best_global_step"]?.intValue
        metric = json["best_metric"]?.doubleValue
        evaluationsSince = json["evaluations_since_best"]?.intValue ?? 0
    }
}
