import MimoFiles

/// What an evaluation found: numbers by name, without `eval_`, and what is to be feared.
public struct Evaluation: Sendable, Equatable {
    /// A number with its name.
    public struct Metric: Sendable, Equatable {
        /// Its name, such as `loss`.
        public var name: String
        /// Its value.
        public var value: Double

        /// A number with its name.
        public init(_ name: String, _ value: Double) {
            self.name = name
            self.value = value
        }
    }

    /// The numbers, in the order in which they are logged.
    public var metrics: [Metric] = []
    /// Lines that someone should read now.
    public var alarms: [String] = []

    /// Nothing found.
    public init() {}

    /// The number of a name.
    public subscript(name: String) -> Double? { metrics.first { $0.name == name }?.value }

    /// Adds what another look at the model found.
    mutating func add(_ other: Evaluation) {
        metrics += other.metrics
        alarms += other.alarms
    }
}

/// A further look at the model during a run, beside the loss of the validation rows.
public protocol EvaluationProbe: AnyObject {
    /// Names what is looked at, so that a run does not go on with something else.
    var fingerprint: String { get }

    /// Bytes that a look takes at most, beside the model.
    var memoryBytes: Int { get }

    /// Begins, or goes on where an earlier process stood.
    ///
    /// - Parameters:
    ///   - folder: The run's folder, where the probe may keep a log.
    ///   - isKnown: Whether the look after a step came before that, so that the log is to keep it.
    ///   - base: What the first look found; nil where there was none.
    /// - Throws: Where the log cannot be written.
    func begin(in folder: String, keeping isKnown: (_ step: Int) -> Bool, base: Evaluation?) throws

    /// Looks at the model as it is now.
    ///
    /// - Parameters:
    ///   - step: Steps done; the look after none is what later ones are compared with.
    ///   - total: Steps of the run.
    ///   - report: Told now and then how many prompts are answered, of how many; an answer of
    ///     ``Disposition/stop`` ends the look.
    /// - Returns: What was found; nil where the look was ended.
    /// - Throws: Where the model is of no use, or the log cannot be written.
    func evaluate(
        after step: Int,
        of total: Int,
        _ report: (_ done: Int, _ total: Int) -> Disposition
    ) throws -> Evaluation?
}
