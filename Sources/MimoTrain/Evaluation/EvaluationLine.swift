public import MimoFiles

/// A line of `logging.jsonl` that tells of an evaluation.
public struct EvaluationLine: Sendable, Equatable {
    /// What was found.
    public var evaluation: Evaluation
    /// Seconds that it took.
    public var runtime: Double
    /// Rows of the validation set; 0 where there is none.
    public var rows: Int
    /// Passes that scored them.
    public var passes: Int
    /// Passes over the training rows so far.
    public var epoch: Double
    /// Steps done.
    public var step: Int
    /// Steps of the run.
    public var totalSteps: Int
    /// Seconds of training so far.
    public var elapsed: Double
    /// Seconds to the end; nil before there is a speed.
    public var remaining: Double?
    /// Peak resident memory of the process, in GiB.
    public var memory: Double

    /// The line, with ms-swift's names.
    public var json: JSON {
        var members = JSONObject()
        for metric in evaluation.metrics { members["eval_\(metric.name)"] = .double(metric.value) }
        members["eval_runtime"] = .double(runtime)
        if rows > 0, runtime > 0 {
            members["eval_samples_per_second"] = .double(Double(rows) / runtime)
            members["eval_steps_per_second"] = .double(Double(passes) / runtime)
        }
        members["epoch"] = .double(epoch)
        members["global_step/max_steps"] = .string("\(step)/\(totalSteps)")
        members["elapsed_time"] = .string(LogLine.duration(elapsed))
        members["remaining_time"] = remaining.map { .string(LogLine.duration($0)) } ?? .null
        members["memory(GiB)"] = .double(memory)
        if !evaluation.alarms.isEmpty { members["alarms"] = .array(evaluation.alarms.map { .string($0) }) }
        return .object(members)
    }
}
