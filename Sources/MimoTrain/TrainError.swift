/// Why a run cannot start or go on.
public enum TrainError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An option has a value that no run can have.
    case option(name: String, found: String, expected: String)
    /// No row is left to train on.
    case noRows
    /// The loss or the gradient is not a number; nothing of this step is kept.
    case notFinite(step: Int, what: String, lastCheckpoint: String?)
    /// Something that the run writes was not taken, for the disk is full for instance.
    case cannotWrite(step: Int, reason: String, lastCheckpoint: String?)
    /// The disk does not hold what the run would write; a limit of checkpoints that it does hold, if any.
    case diskTooSmall(folder: String, needed: Int, free: Int, limit: Int?)
    /// What an evaluation is asked for is not among what it finds.
    case noSuchMetric(name: String, found: [String])
    /// The run needs more memory than there is, whatever is computed twice. Bytes, and tokens.
    case doesNotFit(predicted: Int, limit: Int, longestPack: Int)
    /// A checkpoint lacks something or does not fit this run.
    case checkpoint(path: String, reason: String)
    /// The checkpoint was made by a run with other settings.
    case resumedDifferently(path: String, differences: [String])

    /// The error in one line.
    public var description: String {
        switch self {
        case .option(let name, let found, let expected):
            return "--\(name) \(found): expected \(expected)"
        case .noRows:
            return "no row is left to train on: every row was dropped or has nothing to learn"
        case .notFinite(let step, let what, let lastCheckpoint):
            let kept = lastCheckpoint.map { "; \($0) is whole" } ?? ""
            return "step \(step): \(what) is not finite, so the run stops before it is saved\(kept); "
                + "try a lower --learning_rate"
        case .cannotWrite(let step, let reason, let lastCheckpoint):
            let advice =
                lastCheckpoint.map { "; \($0) is whole: go on from it with --resume_from_checkpoint" }
                ?? "; there is no checkpoint yet"
            return "step \(step): \(reason)\(advice)"
        case .diskTooSmall(let folder, let needed, let free, let limit):
            let fewer = limit.map { ", or let fewer stay with --save_total_limit \($0)" } ?? ""
            return
                "\(folder): the run's checkpoints need \(Figure.bytes(needed)), and \(Figure.bytes(free)) are "
                + "free; free some space or choose another --output_dir\(fewer)"
        case .noSuchMetric(let name, let found):
            return "--metric_for_best_model \(name): expected one of \(found.joined(separator: ", "))"
        case .doesNotFit(let predicted, let limit, let longestPack):
            return
                "the run would need \(MemoryPlan.gibibytes(predicted)) and may use "
                + "\(MemoryPlan.gibibytes(limit)); its longest pack has \(longestPack) tokens: lower --max_length "
                + "or --packing_length, or raise --memory_limit"
        case .checkpoint(let path, let reason):
            return "\(path): \(reason)"
        case .resumedDifferently(let path, let differences):
            return "\(path): made by a run that differs in \(differences.joined(separator: ", ")); "
                + "start anew, or pass --resume_only_model true"
        }
    }
}
