/// How a run watches whether the model goes on thinking.
public struct RetentionOptions: Sendable, Equatable {
    /// The file of prompts (`--retention_prompts`); nil: nothing is watched.
    public var prompts: String?
    /// The longest answer in tokens (`--retention_max_new_tokens`); one that is cut off has not closed its block.
    public var maxNewTokens = 512
    /// How far a rate may fall, or that of empty blocks rise, from the base's before there is an alarm
    /// (`--retention_tolerance`). The mean length of thinking has a bound of its own: half of the base's.
    public var tolerance = 0.1

    /// The defaults: nothing is watched.
    public init() {}

    /// Refuses values that no run can have.
    ///
    /// - Throws: ``TrainError/option(name:found:expected:)``.
    public func validate() throws {
        guard maxNewTokens > 0 else {
            throw TrainError.option(
                name: "retention_max_new_tokens",
                found: "\(maxNewTokens)",
                expected: "a whole number from 1 on"
            )
        }
        guard (0...1).contains(tolerance) else {
            throw TrainError.option(
                name: "retention_tolerance",
                found: "\(tolerance)",
                expected: "a share from 0 to 1"
            )
        }
    }
}
