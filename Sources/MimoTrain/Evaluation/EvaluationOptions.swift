/// When a run is evaluated, and what follows from it.
public struct EvaluationOptions: Sendable, Equatable {
    /// Steps between evaluations (`--eval_steps`); nil: none by steps.
    public var steps: Int?
    /// Whether each pass over the rows ends with one (`--eval_strategy epoch`).
    public var endsEpochs = false
    /// Whether there is one before the first step (`--eval_on_start`).
    public var atStart = false
    /// Rows of a pass where rows are not packed (`--per_device_eval_batch_size`).
    public var batchSize = 1
    /// What the best checkpoint is best in (`--metric_for_best_model`), with or without `eval_`.
    public var metric = "loss"
    /// Whether more of it is better (`--greater_is_better`); nil: unless its name has "loss" in it.
    public var greaterIsBetter: Bool?
    /// Whether the run ends with the best checkpoint (`--load_best_model_at_end`): a new best is always saved.
    public var loadsBest = false
    /// Whether a new best is saved (`--save_strategy best`).
    public var savesBest = false
    /// Evaluations without a new best after which the run ends (`--early_stop_interval`); nil: it never does.
    public var patience: Int?

    /// The defaults: nothing is evaluated.
    public init() {}

    /// Whether the run is evaluated at all.
    public var isOn: Bool { steps != nil || endsEpochs }

    /// The metric's name without `eval_`.
    var metricName: String { metric.hasPrefix("eval_") ? String(metric.dropFirst(5)) : metric }

    /// Whether one value of the metric is better than another.
    func isBetter(_ value: Double, than other: Double) -> Bool {
        greaterIsBetter ?? !metricName.contains("loss") ? value > other : value < other
    }
}
