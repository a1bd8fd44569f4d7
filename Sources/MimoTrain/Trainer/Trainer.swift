public import MimoFiles
public import MimoModel
import MimoNumerics

/// The training loop: steps over packs of rows, the optimizer, the log and the checkpoints.
///
/// A step's rows, their order and what dropout keeps are functions of seeds and the step's number, so a run that
/// is resumed does what it would have done. The trainer prints nothing: it reports events.
public final class Trainer {
    /// From so many equal first tokens on, sharing them saves more than another range of keys costs.
    private static let sharedTokens = 32

    let options: TrainerOptions
    private let decoder: Decoder
    private let samples: any SampleSource
    let validation: (any SampleSource)?
    let probe: (any EvaluationProbe)?
    let folder: String
    private let writeAdapter: (String) throws -> Void
    private let tensors: TrainedTensors
    let rows: RowSchedule
    private let rates: LearningRateSchedule
    let pass: TrainingPass
    /// What the run's memory goes to.
    public let memory: MemoryPlan
    let clock = ContinuousClock()
    var state = TrainerState()
    private var plan: TokenPlan
    private var start = ContinuousClock.now
    private var lastCheckpoint: String?
    private var order: (epoch: Int, rows: [Int])?
    private var tokensHere = 0

    /// A run over these samples.
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
    /// - Throws: ``TrainError`` where the options make no run, or there are no rows.
    public init(
        _ options: TrainerOptions,
        decoder: Decoder,
        samples: any SampleSource,
        validation: (any SampleSource)? = nil,
        probe: (any EvaluationProbe)? = nil,
        folder: String,
        identity: [(name: String, value: JSON)] = [],
        writeAdapter: @escaping (String) throws -> Void
    ) throws {
        try options.validate()
        guard samples.count > 0 else { throw TrainError.noRows }
        guard !options.trainsPrediction || decoder.prediction != nil else {
            throw TrainError.option(
                name: "mtp_loss_weight",
                found: "\(options.mtpLossWeight)",
                expected: "0, for the model comes without its layer for multi-token prediction"
            )
        }
        self.options = options
        self.decoder = decoder
        self.samples = samples
        self.validation = validation
        self.probe = probe
        self.folder = folder
        self.writeAdapter = writeAdapter
        tensors = TrainedTensors(decoder, options)
        rows = RowSchedule(
            rowCount: samples.count,
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
        let census = try SampleCensus(samples, vocabularySize: decoder.config.vocabularySize)
        let scored =
            try options.evaluation.isOn
            ? validation.map { try SampleCensus($0, vocabularySize: decoder.config.vocabularySize) } : nil
        memory = try MemoryPlan(
            decoder,
            longestPack: census.longestPack(
                of: options.rowsPerStep,
                packTokens: options.packTokens,
                batchSize: options.batchSize
            ),
            longestScored: scored?.longestPack(
                of: ValidationLoss.rowsAtATime,
                packTokens: options.packTokens,
                batchSize: options.evaluation.batchSize
            ) ?? 0,
            probeBytes: options.evaluation.isOn ? probe?.memoryBytes ?? 0 : 0,
            recomputedBlocks: options.recomputedBlocks,
            dropout: Float(options.loraDropout),
            predicts: options.trainsPrediction,
            weightBytes: decoder.mappedBytes(distinctTokens: census.distinctTokens(with: scored)),
            heldBytes: ProcessMemory.anonymousBytes + ProcessMemory.programBytes,
            limit: options.memoryLimit ?? ProcessMemory.availableBytes
        )
        pass = TrainingPass(
            decoder,
            recomputedBlocks: memory.recomputedBlocks,
            reserving: memory.footprint
        )
        pass.labelSmoothing = Float(options.labelSmoothing)
        pass.predictionWeight = options.mtpLossWeight
        plan = TokenPlan(rows: rows, totalSteps: total, samples: samples)
        state.identity = Self.identity(options, rows: rows, total: total) + identity
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

    /// Where the run stands now.
    var progress: TrainingEvent.Progress {
        let elapsed = elapsed
        let here = max(elapsed - state.pace.earlierSeconds, 1e-9)
        return TrainingEvent.Progress(
            total: totalSteps,
            epoch: epoch,
            elapsed: elapsed,
            remaining: remaining,
            tokensPerSecond: Double(tokensHere) / here
        )
    }

    /// What the run needs, from where it stands.
    ///
    /// - Parameters:
    ///   - countedTokens: Labels of the rows that count.
    ///   - validationRows: Rows that evaluations score.
    ///   - weightBytes: Bytes of the weights that a checkpoint holds.
    /// - Returns: The need of disk and so on; memory is left open.
    func preflight(countedTokens: Int, validationRows: Int, weightBytes: Int) -> Preflight {
        // What else a checkpoint holds is some kilobytes.
        let kept = tensors.state.reduce(0) { $0 + $1.tensor.count * MemoryLayout<Float>.size }
        let bytes = weightBytes + kept + (64 << 10)
        let standing = TrainingCheckpoint.all(in: folder).count
        let perEpoch = rows.stepsPerEpoch
        let saves =
            (options.saveSteps.map { totalSteps / $0 - state.step / $0 } ?? 0)
            + (options.savesEpochs ? totalSteps / perEpoch - state.step / perEpoch : 0) + 1
        let limit = options.saveTotalLimit.map { $0 + 2 - standing } ?? saves
        return Preflight(
            rows: rows.rowCount,
            tokens: plan.tokensPerEpoch,
            countedTokens: countedTokens,
            longest: plan.longest,
            validationRows: validationRows,
            steps: totalSteps,
            totalTokens: plan.total,
            checkpointBytes: bytes,
            checkpoints: state.step < totalSteps ? max(1, min(saves, limit)) : 0,
            freeBytes: Preflight.freeBytes(at: folder)
        )
    }

    /// Passes over the rows so far.
    var epoch: Double { state.step > 0 ? rows.epoch(after: state.step - 1) : 0 }

    /// Seconds of training so far.
    var elapsed: Double { state.pace.earlierSeconds + Self.seconds(start.duration(to: clock.now)) }

    /// Seconds to the end; nil before there is a speed.
    private var remaining: Double? {
        let steps = totalSteps - state.step
        let perEpoch = rows.stepsPerEpoch
        func occasions(_ interval: Int?, _ eachEpoch: Bool) -> Int {
            let bySteps = interval.map { totalSteps / $0 - state.step / $0 } ?? 0
            return bySteps + (eachEpoch ? totalSteps / perEpoch - state.step / perEpoch : 0)
        }
        return state.pace.remaining(
            tokens: plan.remaining(after: state.step),
            evaluations: options.evaluation.isOn && steps > 0
                ? max(1, occasions(options.evaluation.steps, options.evaluation.endsEpochs)) : 0,
            saves: steps > 0 ? max(1, occasions(options.saveSteps, options.savesEpochs)) : 0
        )
    }

    /// One optimizer step.
    private func runStep(_ clock: ContinuousClock) throws -> StepRecord {
        let start = clock.now
        let step = state.step
        let epoch = rows.epoch(of: step)
        if order?.epoch != epoch { order = (epoch, rows.order(epoch: epoch)) }
        let numbers = rows.rows(of: step, in: order?.rows ?? [])
        // Rows with noise of their own have no beginning in common, and a shared token no one token behind it.
        let shares = options.sharesPrefixes && options.neftuneAlpha == nil && !options.trainsPrediction
        let noise = options.neftuneAlpha.map {
            EmbeddingNoise(key: options.seed &* 0x9FB2_1C65_1E98_DF25 &+ UInt64(step), alpha: Float($0))
        }
        pass.embeddingNoise = noise
        let plan = PackPlan(
            try numbers.map { try samples.sample($0) },
            firstNumber: step * rows.rowsPerStep,
            capacity: options.packTokens > 0 ? options.packTokens : nil,
            batchSize: options.batchSize,
            sharedTokens: shares ? Self.sharedTokens : nil
        )
        tensors.clearGradients()
        var found = PassResult()
        let dropout = (
            key: options.seed &* 0xD129_0B26_88CE_57A9 &+ UInt64(step),
            probability: Float(options.loraDropout)
        )
        var work = TrainingWork()
        let predictionTargets = options.trainsPrediction ? plan.predictionTargets : 0
        for pack in plan.packs {
            work.add(TrainingWork(of: pack, by: decoder, predicts: options.trainsPrediction))
            found.add(
                pass.run(
                    pack,
                    normalizer: Double(plan.targets),
                    predictionNormalizer: Double(max(1, predictionTargets)),
                    dropout: dropout
                )
            )
        }
        let loss = found.main.loss
        let norm = tensors.gradientNorm
        let isLossFinite = loss.isFinite && found.prediction.loss.isFinite
        guard isLossFinite, norm.isFinite else {
            throw notFinite(isLossFinite ? "the gradient" : "the loss", step: step + 1)
        }
        let rate = rates.rate(at: step)
        let clip = min(1, options.maxGradNorm / (norm + 1e-6))
        tensors.update(scale: Float(clip), rate: rate, step: step + 1)
        let record = StepRecord(
            step: step + 1,
            loss: loss,
            gradientNorm: norm,
            learningRate: rate,
            tokens: plan.tokens,
            countedTokens: plan.targets,
            correctTokens: found.main.correct,
            prediction: options.trainsPrediction ? found.prediction : nil,
            seconds: Self.seconds(start.duration(to: clock.now)),
            work: work,
            workWithoutSkipping: TrainingWork(
                withoutSkipping: plan.rowLengths,
                by: decoder,
                predicts: options.trainsPrediction
            )
        )
        state.step += 1
        state.tokens += record.tokens
        state.countedTokens += record.countedTokens
        state.window.add(record)
        state.pace.step(tokens: record.tokens, seconds: record.seconds)
        tokensHere += record.tokens
        return record
    }

    /// Why the run ends before anything of the step is saved.
    func notFinite(_ what: String, step: Int? = nil) -> TrainError {
        .notFinite(step: step ?? state.step, what: what, lastCheckpoint: lastCheckpoint)
    }

    private var isSaveDue: Bool {
        (options.saveSteps.map { state.step % $0 == 0 } ?? false)
            || (options.savesEpochs && state.step % rows.stepsPerEpoch == 0)
    }

    private func save(_ report: (TrainingEvent) -> Disposition) throws {
        let begin = clock.now
        let path = "\(folder)/checkpoint-\(state.step)"
        try TrainingCheckpoint.write(
            to: path,
            tensors,
            state: state.json(totalSteps: totalSteps, epoch: epoch, elapsed: elapsed, folder: folder),
            writeOthers: writeAdapter
        )
        state.pace.save(seconds: Self.seconds(begin.duration(to: clock.now)))
        lastCheckpoint = path
        _ = report(.saved(path: path, step: state.step))
        try removeOld(report)
    }

    /// Removes the earliest checkpoints beyond the limit, but neither the last nor the best.
    private func removeOld(_ report: (TrainingEvent) -> Disposition) throws {
        guard let limit = options.saveTotalLimit else { return }
        let all = TrainingCheckpoint.all(in: folder).filter { $0.step <= state.step }
        let kept = all.filter { $0.step == state.step || $0.step == state.best.step }
        let others = all.filter { $0.step != state.step && $0.step != state.best.step }
        for old in others.dropLast(max(0, limit - kept.count)) {
            try Folder.remove(old.path)
            _ = report(.removed(path: old.path))
        }
    }

    /// The checkpoint of the best evaluation; nil where there is none.
    private var bestCheckpoint: String? {
        state.best.step.map { "\(folder)/checkpoint-\($0)" }.flatMap { Folder.isFolder($0) ? $0 : nil }
    }

    private func logLine(_ record: StepRecord, _ progress: TrainingEvent.Progress) -> LogLine {
        let window = state.window
        return LogLine(
            loss: window.loss / Double(max(1, window.steps)),
            gradientNorm: record.gradientNorm,
            learningRate: rates.rate(at: record.step),
            tokenAccuracy: Double(window.correctTokens) / Double(max(1, window.countedTokens)),
            predictionLoss: record.prediction.map { _ in window.prediction.loss / Double(max(1, window.steps))
            },
            predictionAccuracy: record.prediction.map { _ in
                Double(window.prediction.correct) / Double(max(1, window.prediction.targets))
            },
            epoch: progress.epoch,
            step: record.step,
            totalSteps: totalSteps,
            elapsed: progress.elapsed,
            remaining: progress.remaining,
            secondsPerStep: window.seconds / Double(max(1, window.steps)),
            memory: Double(ProcessMemory.peakBytes) / 1_073_741_824,
            tokens: window.tokens,
            countedTokens: window.countedTokens,
            tokensPerSecond: window.seconds > 0 ? Double(window.tokens) / window.seconds : 0
        )
    }

    /// What makes a run this run: a resumed one that differs here would not end where it would have.
    private static func identity(_ options: TrainerOptions, rows: RowSchedule, total: Int) -> [(String, JSON)]
    {
        [
            ("rows", .int(Int64(rows.rowCount))), ("rows_per_step", .int(Int64(rows.rowsPerStep))),
            ("max_steps", .int(Int64(total))), ("learning_rate", .double(options.learningRate)),
            ("lr_scheduler_type", .string(options.schedule.rawValue)),
            ("warmup_steps", .int(Int64(options.warmupSteps))),
            ("warmup_ratio", .double(options.warmupRatio)),
            ("weight_decay", .double(options.weightDecay)), ("adam_beta1", .double(options.adamBeta1)),
            ("adam_beta2", .double(options.adamBeta2)), ("adam_epsilon", .double(options.adamEpsilon)),
            ("max_grad_norm", .double(options.maxGradNorm)), ("lora_dropout", .double(options.loraDropout)),
            ("seed", .int(Int64(bitPattern: options.seed))),
            ("data_seed", .int(Int64(bitPattern: options.dataSeed))),
            ("train_dataloader_shuffle", .bool(options.shufflesRows)),
            // Other packs sum in another order: the same run to rounding, not to the bit.
            ("packing_length", .int(Int64(options.packTokens))),
            ("share_prefixes", .bool(options.sharesPrefixes)),
        ] + options.furtherIdentity
    }

    static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
