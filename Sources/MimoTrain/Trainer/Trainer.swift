public import MimoFiles
public import MimoModel
import MimoNumerics

/// The training loop: steps over packs of rows, the optimizer, the log and the checkpoints.
///
/// A step's rows, their order and what dropout keeps are functions of seeds and the step's number, so a run that
/// is resumed does what it would have done. The trainer prints nothing: it reports events.
public final class Trainer {
    let options: TrainerOptions
    let decoder: Decoder
    let samples: any SampleSource
    let validation: (any SampleSource)?
    /// Tokens that an evaluation scores.
    let scoredTokens: Int
    let probe: (any EvaluationProbe)?
    let folder: String
    let writeAdapter: (String) throws -> Void
    let tensors: TrainedTensors
    let rows: RowSchedule
    let rates: LearningRateSchedule
    let pass: TrainingPass
    /// How a step's rows share what they begin with; nil: they do not.
    let sharing: PrefixSharing?
    /// As ``sharing``, of the rows that evaluations score.
    let scoredSharing: PrefixSharing?
    /// What the run's memory goes to.
    public let memory: MemoryPlan
    let clock = ContinuousClock()
    var state = TrainerState()
    var plan: TokenPlan
    var start = ContinuousClock.now
    var lastCheckpoint: String?
    var order: (epoch: Int, rows: [Int])?
    var tokensHere = 0

    /// A run over these samples, each of which is read once before it begins.
    ///
    /// - Parameters:
    ///   - options: How to train.
    ///   - decoder: The model, with the trained updates attached.
    ///   - samples: The rows, at least one.
    ///   - validation: Rows that evaluations score; nil for none.
    ///   - probe: A further look at the model at each evaluation; nil for none.
    ///   - folder: The run's folder, which exists.
    ///   - identity: Further facts (base model, data) that a resumed run must share, by name.
    ///   - writeAdapter: Writes the adapter's files, and what else belongs in a checkpoint, into a folder.
    /// - Throws: ``TrainError`` where the options make no run, or there are no rows;
    ///   ``MimoData/DataError`` for ids that the model has no embedding for.
    public convenience init(
        _ options: TrainerOptions,
        decoder: Decoder,
        samples: any SampleSource,
        validation: (any SampleSource)? = nil,
        probe: (any EvaluationProbe)? = nil,
        folder: String,
        identity: [(name: String, value: JSON)] = [],
        writeAdapter: @escaping (String) throws -> Void
    ) throws {
        let vocabularySize = decoder.config.vocabularySize
        try self.init(
            options,
            decoder: decoder,
            samples: SampleCensus(samples, vocabularySize: vocabularySize),
            validation: validation.map { try SampleCensus($0, vocabularySize: vocabularySize) },
            probe: probe,
            folder: folder,
            identity: identity,
            writeAdapter: writeAdapter
        )
    }

    /// As the public one, over rows that were read already.
    init(
        _ options: TrainerOptions,
        decoder: Decoder,
        samples: SampleCensus,
        validation: SampleCensus?,
        probe: (any EvaluationProbe)? = nil,
        folder: String,
        identity: [(name: String, value: JSON)] = [],
        writeAdapter: @escaping (String) throws -> Void
    ) throws {
        try options.validate()
        guard samples.source.count > 0 else { throw TrainError.noRows }
        guard !options.trainsPrediction || decoder.prediction != nil else {
            throw TrainError.option(
                name: "mtp_loss_weight",
                found: "\(options.mtpLossWeight)",
                expected: "0, for the model comes without its layer for multi-token prediction"
            )
        }
        self.options = options
        self.decoder = decoder
        self.samples = samples.source
        self.validation = validation?.source
        scoredTokens = options.evaluation.isOn ? validation?.neededTokens ?? 0 : 0
        self.probe = probe
        self.folder = folder
        self.writeAdapter = writeAdapter
        tensors = TrainedTensors(decoder, options)
        rows = RowSchedule(
            rowCount: samples.source.count,
            rowsPerStep: options.rowsPerStep,
            seed: options.dataSeed,
            shuffles: options.shufflesRows
        )
        let total = options.maxSteps ?? rows.steps(epochs: options.epochs)
        let warmup =
            options.warmupSteps > 0
            ? options.warmupSteps : Int((options.warmupRatio * Double(total)).rounded(.up))
        rates = LearningRateSchedule(
            kind: options.schedule,
            peak: options.learningRate,
            warmupSteps: warmup,
            totalSteps: total,
            shape: options.scheduleShape
        )
        // The state takes its pages now, so that it is counted.
        tensors.touch()
        let scored = options.evaluation.isOn ? validation : nil
        sharing =
            options.sharesBeginnings
            ? samples.prefixSharing(among: options.rowsPerStep, packTokens: options.packTokens) : nil
        scoredSharing =
            options.sharesBeginnings
            ? scored?.prefixSharing(among: ValidationLoss.rowsAtATime, packTokens: options.packTokens) : nil
        memory = try MemoryPlan(
            decoder,
            longestPack: samples.longestPack(
                of: options.rowsPerStep,
                packTokens: options.packTokens,
                batchSize: options.batchSize,
                sharing: sharing
            ),
            longestScored: scored?.longestPack(
                of: ValidationLoss.rowsAtATime,
                packTokens: options.packTokens,
                batchSize: options.evaluation.batchSize,
                sharing: scoredSharing
            ) ?? 0,
            probeBytes: options.evaluation.isOn ? probe?.memoryBytes ?? 0 : 0,
            recomputedBlocks: options.recomputedBlocks,
            dropout: Float(options.loraDropout),
            predicts: options.trainsPrediction,
            // Answering prompts reads all weights for each token, and DoRA's norms after each step.
            streams: probe == nil && !decoder.hasMagnitudes,
            weightBytes: decoder.mappedBytes(distinctTokens: samples.distinctTokens(with: scored)),
            heldBytes: ProcessMemory.anonymousBytes + ProcessMemory.programBytes,
            limit: options.memoryLimit ?? ProcessMemory.availableBytes
        )
        pass = TrainingPass(
            decoder,
            recomputedBlocks: memory.recomputedBlocks,
            streamedBlocks: memory.streamedBlocks,
            reserving: memory.footprint
        )
        pass.labelSmoothing = Float(options.labelSmoothing)
        pass.predictionWeight = options.mtpLossWeight
        plan = TokenPlan(rows: rows, totalSteps: total, samples: samples.source)
        state.identity = options.identity(rows: rows, totalSteps: total) + identity
        if let probe { state.identity.append(("retention_prompts", .string(probe.fingerprint))) }
    }

    /// Steps of the run.
    public var totalSteps: Int { rates.totalSteps }

    /// Goes on where a checkpoint stands; the adapter's weights must have been loaded from it already.
    ///
    /// - Parameter path: The checkpoint's folder.
    /// - Throws: ``TrainError/resumedDifferently(path:differences:)`` where the checkpoint's run had other rows
    ///   or other settings, and where files are missing or damaged.
    public func resume(from path: String) throws {
        let found = try TrainingCheckpoint.state(of: path)
        let differences = state.differences(from: found)
        guard differences.isEmpty else {
            throw TrainError.resumedDifferently(path: path, differences: differences)
        }
        try TrainingCheckpoint.readMoments(of: path, into: tensors)
        state = found
        lastCheckpoint = path
    }

    /// Trains to the end, or until a step's report is answered with ``Disposition/stop``: then a checkpoint is
    /// saved and the run can be resumed.
    ///
    /// After a step come, where they are due, its line of the log, the evaluation and its line, and the checkpoint,
    /// in this order: a checkpoint knows all that came before it, and what came after it is done again.
    ///
    /// - Parameter report: Told what happens; its answer counts after a step.
    /// - Returns: How the run ended.
    /// - Throws: ``TrainError/notFinite(step:what:lastCheckpoint:)``,
    ///   ``TrainError/cannotWrite(step:reason:lastCheckpoint:)``, and where rows cannot be read.
    @discardableResult
    public func run(_ report: (TrainingEvent) -> Disposition) throws -> TrainingEvent.Outcome {
        do {
            return try runToEnd(report)
        } catch let error as FileError {
            throw TrainError.cannotWrite(
                step: state.step,
                reason: error.description,
                lastCheckpoint: lastCheckpoint
            )
        }
    }

    private func runToEnd(_ report: (TrainingEvent) -> Disposition) throws -> TrainingEvent.Outcome {
        let log = try AppendedLog(path: "\(folder)/logging.jsonl") { step, line in
            state.knows(step, isEvaluation: line["eval_runtime"] != nil)
        }
        start = clock.now
        var isStopped = false
        try probe?.begin(in: folder, keeping: { state.knows($0, isEvaluation: true) }, base: state.base)
        _ = report(.started(done: state.step, total: totalSteps, remaining: remaining))
        if state.step == 0 {
            isStopped = try !evaluateAtStart(log, report)
        } else if state.isEvaluationPending {
            isStopped = try finishStep(log, isStopped: false, report)
        }
        while state.step < totalSteps, !isStopped, !state.best.isOver(options.evaluation) {
            let record = try runStep(clock)
            if case .stop = report(.step(record, progress: progress)) { isStopped = true }
            let isLast = record.step == totalSteps
            if record.step == 1 || isLast || record.step % options.loggingSteps == 0 {
                let line = logLine(record, progress)
                try log.append(line.json)
                state.window = LogWindow()
                _ = report(.logged(line))
            }
            isStopped = try finishStep(log, isStopped: isStopped, report)
        }
        try removeOld(report)
        let outcome = TrainingEvent.Outcome(
            lastCheckpoint: lastCheckpoint,
            bestCheckpoint: bestCheckpoint,
            endedEarlyAfter: state.step < totalSteps && state.best.isOver(options.evaluation)
                ? state.best.evaluationsSince : nil,
            wasStopped: isStopped && (state.step < totalSteps || state.isEvaluationPending)
        )
        _ = report(.finished(outcome))
        return outcome
    }

    /// What follows a step and its line of the log: the evaluation and the checkpoint, where they are due.
    ///
    /// An evaluation that is stopped leaves a checkpoint behind which it is still to come.
    ///
    /// - Returns: Whether the run is stopped.
    private func finishStep(
        _ log: AppendedLog,
        isStopped: Bool,
        _ report: (TrainingEvent) -> Disposition
    ) throws -> Bool {
        // A checkpoint that waits for an evaluation gives way to one that knows of it.
        var isWanted = state.step == totalSteps || isStopped || isSaveDue || state.isEvaluationPending
        state.isEvaluationPending = false
        if isEvaluationDue {
            let isBest = try evaluate(log, report)
            state.isEvaluationPending = isBest == nil
            isWanted = isBest ?? true || isWanted
        }
        if isWanted || state.best.isOver(options.evaluation) { try save(report) }
        return isStopped || state.isEvaluationPending
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
