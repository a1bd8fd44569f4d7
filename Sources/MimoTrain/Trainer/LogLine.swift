public import MimoFiles

/// One line of `logging.jsonl`: the means and sums of the steps since the line before.
public struct LogLine: Sendable, Equatable {
    /// Mean of the steps' losses.
    public var loss: Double
    /// Gradient norm of the last step, before clipping.
    public var gradientNorm: Double
    /// The learning rate after the last step's schedule update, as ms-swift logs it.
    public var learningRate: Double
    /// Share of counted labels with the largest logit.
    public var tokenAccuracy: Double
    /// Mean loss of multi-token prediction; nil where it is not trained.
    public var predictionLoss: Double?
    /// Share of its labels with the largest logit.
    public var predictionAccuracy: Double?
    /// Passes over the rows so far.
    public var epoch: Double
    /// The last step, counted from 1.
    public var step: Int
    /// Steps of the run.
    public var totalSteps: Int
    /// Seconds of training so far, those of earlier processes included.
    public var elapsed: Double
    /// Seconds to the end; nil before there is a speed.
    public var remaining: Double?
    /// Mean seconds of a step.
    public var secondsPerStep: Double
    /// Peak resident memory of the process, in GiB.
    public var memory: Double
    /// Tokens of the rows.
    public var tokens: Int
    /// Labels that counted.
    public var countedTokens: Int
    /// Tokens per second of these steps.
    public var tokensPerSecond: Double

    /// The line, numbers at full precision.
    public var json: JSON {
        let prediction: [(String, JSON)] = [
            ("mtp_loss", predictionLoss), ("mtp_token_acc", predictionAccuracy),
        ].compactMap { name, value in value.map { (name, .double($0)) } }
        let members: [(String, JSON)] = [
            ("loss", .double(loss)), ("grad_norm", .double(gradientNorm)),
            ("learning_rate", .double(learningRate)), ("token_acc", .double(tokenAccuracy)),
        ]
        let progress: [(String, JSON)] = [
            ("epoch", .double(epoch)), ("global_step/max_steps", .string("\(step)/\(totalSteps)")),
            ("elapsed_time", .string(Self.duration(elapsed))),
            ("remaining_time", remaining.map { .string(Self.duration($0)) } ?? .null),
            ("train_speed(s/it)", .double(secondsPerStep)), ("memory(GiB)", .double(memory)),
            ("tokens", .int(Int64(tokens))), ("counted_tokens", .int(Int64(countedTokens))),
            ("tokens_per_second", .double(tokensPerSecond)),
        ]
        return .object(JSONObject(members + prediction + progress))
    }

    /// Seconds as "1d 2h 3m 4s", without leading zero parts.
    public static func duration(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds).rounded())
        let parts = [
            (whole / 86400, "d"), (whole / 3600 % 24, "h"), (whole / 60 % 60, "m"), (whole % 60, "s"),
        ]
        let first = parts.firstIndex { $0.0 > 0 } ?? 3
        return parts[first...].map { "\($0.0)\($0.1)" }.joined(separator: " ")
    }
}
