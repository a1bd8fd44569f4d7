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

    private let options: TrainerOptions
    private let decoder: Decoder
    private let samples: any SampleSource
    private let folder: String
    private let writeAdapter: (String) throws -> Void
    private let tensors: TrainedTensors
    private let rows: RowSchedule
    private let rates: LearningRateSchedule
    private let pass: TrainingPass
    /// What the run's memory goes to.
    public let memory: MemoryPlan
    private var state = TrainerState()
    private var lastCheckpoint: String?
    private var order: (epoch: Int, rows: [Int])?

    /// A run over these samples.
    ///
    /// - Parameters:
    ///   - options: How to train.
    ///   - decoder: The model, with the trained updates attached.
    ///   - samples: The rows, at least one.
    ///   - folder: The run's folder, which exists.
    ///   - identity: Further facts (base model, data) that a resumed run must share, by name.
    ///   - writeAdapter: Writes the adapter's files, and what else belongs in a checkpoint, into a folder.
    /// - Throws: ``TrainError`` where the options make no run, or there are no rows.
    public init(
        _ options: TrainerOptions,
        decoder: Decoder,
        samples: any SampleSource,
        folder: String,
        identity: [(name: String, value: JSON)] = [],
        writeAdapter: @escaping (String) throws -> Void
    ) throws {
        try options.validate()
        guard samples.count > 0 else { throw TrainError.noRows }
        self.options = options
        self.decoder = decoder
        self.samples = samples
        self.folder = folder
        self.writeAdapter = writeAdapter
        tensors = TrainedTensors(decoder)
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
            totalSteps: total
        )
        // The state takes its pages now, so that it is counted.
        tensors.touch()
        let census = try SampleCensus(samples, vocabularySize: decoder.config.vocabularySize)
        memory = try MemoryPlan(
            decoder,
            longestPack: census.longestPack(options),
            recomputedBlocks: options.recomputedBlocks,
            dropout: Float(options.loraDropout),
            weightBytes: decoder.mappedBytes(distinctTokens: census.distinctTokens),
            heldBytes: ProcessMemory.anonymousBytes + ProcessMemory.programBytes,
            limit: options.memoryLimit ?? ProcessMemory.availableBytes
        )
        pass = TrainingPass(
            decoder,
            recomputedBlocks: memory.recomputedBlocks,
            reserving: memory.footprint
        )
        state.identity = Self.identity(options, rows: rows, total: total) + identity
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
    /// - Parameter report: Told what happens; its answer counts after a step.
    /// - Returns: The path of the last checkpoint.
    /// - Throws: ``TrainError/notFinite(step:what:lastCheckpoint:)``, and where files cannot be written.
    @discardableResult
    public func run(_ report: (TrainingEvent) -> Disposition) throws -> String? {
        let log = try AppendedLog(path: "\(folder)/logging.jsonl", keepingStepsThrough: state.step)
        let clock = ContinuousClock()
        let start = clock.now
        let firstStep = state.step
        var tokens = 0
        var isStopped = false
        _ = report(.started(done: firstStep, total: totalSteps))
        while state.step < totalSteps, !isStopped {
            let record = try runStep(clock)
            tokens += record.tokens
            let elapsed = Self.seconds(start.duration(to: clock.now))
            let progress = TrainingEvent.Progress(
                total: totalSteps,
                epoch: rows.epoch(after: record.step - 1),
                elapsed: elapsed,
                remaining: elapsed / Double(record.step - firstStep) * Double(totalSteps - record.step),
                tokensPerSecond: Double(tokens) / elapsed
            )
            if case .stop = report(.step(record, progress: progress)) { isStopped = true }
            let isLast = record.step == totalSteps || isStopped
            if record.step == 1 || record.step % options.loggingSteps == 0 || record.step == totalSteps {
                let line = logLine(record, progress)
                try log.append(line.json)
                state.window = LogWindow()
                _ = report(.logged(line))
            }
            if isLast || options.saveSteps.map({ record.step % $0 == 0 }) ?? false { try save(report) }
        }
        _ = report(.finished(lastCheckpoint: lastCheckpoint, wasStopped: isStopped))
        return lastCheckpoint
    }

    /// One optimizer step.
    private func runStep(_ clock: ContinuousClock) throws -> StepRecord {
        let start = clock.now
        let step = state.step
        let epoch = rows.epoch(of: step)
        if order?.epoch != epoch { order = (epoch, rows.order(epoch: epoch)) }
        let numbers = rows.rows(of: step, in: order?.rows ?? [])
        let plan = PackPlan(
            try numbers.map { try samples.sample($0) },
            firstNumber: step * rows.rowsPerStep,
            capacity: options.packTokens > 0 ? options.packTokens : nil,
            batchSize: options.batchSize,
            sharedTokens: options.sharesPrefixes ? Self.sharedTokens : nil
        )
        tensors.clearGradients()
        var found = PassResult()
        let dropout = (
            key: options.seed &* 0xD129_0B26_88CE_57A9 &+ UInt64(step),
            probability: Float(options.loraDropout)
        )
        var work = TrainingWork()
        for pack in plan.packs {
            work.add(TrainingWork(of: pack, by: decoder))
            found.add(pass.run(pack, normalizer: Double(plan.targets), dropout: dropout))
        }
        let loss = plan.targets > 0 ? found.weightedLoss / Double(plan.targets) : 0
        let norm = tensors.gradientNorm
        guard loss.isFinite, norm.isFinite else {
            let what = loss.isFinite ? "the gradient" : "the loss"
            throw TrainError.notFinite(step: step + 1, what: what, lastCheckpoint: lastCheckpoint)
        }
        let rate = rates.rate(at: step)
        let optimizer = AdamW(
            beta1: Float(options.adamBeta1),
            beta2: Float(options.adamBeta2),
            epsilon: Float(options.adamEpsilon),
            weightDecay: Float(options.weightDecay)
        )
        let clip = min(1, options.maxGradNorm / (norm + 1e-6))
        tensors.update(optimizer, scale: Float(clip), rate: Float(rate), step: step + 1)
        let record = StepRecord(
            step: step + 1,
            loss: loss,
            gradientNorm: norm,
            learningRate: rate,
            tokens: plan.tokens,
            countedTokens: plan.targets,
            correctTokens: found.correct,
            seconds: Self.seconds(start.duration(to: clock.now)),
            work: work,
            workWithoutSkipping: TrainingWork(withoutSkipping: plan.rowLengths, by: decoder)
        )
        state.step += 1
        state.tokens += record.tokens
        state.countedTokens += record.countedTokens
        state.window.add(record)
        return record
    }

    private func save(_ report: (TrainingEvent) -> Disposition) throws {
        let path = "\(folder)/checkpoint-\(state.step)"
        try TrainingCheckpoint.write(
            to: path,
            tensors,
            state,
            totalSteps: totalSteps,
            writeOthers: writeAdapter
        )
        lastCheckpoint = path
        _ = report(.saved(path: path, step: state.step))
        guard let limit = options.saveTotalLimit else { return }
        for old in TrainingCheckpoint.all(in: folder).filter({ $0.path != path }).dropLast(limit - 1) {
            try Folder.remove(old.path)
            _ = report(.removed(path: old.path))
        }
    }

    private func logLine(_ record: StepRecord, _ progress: TrainingEvent.Progress) -> LogLine {
        let window = state.window
        return LogLine(
            loss: window.loss / Double(max(1, window.steps)),
            gradientNorm: record.gradientNorm,
            learningRate: rates.rate(at: record.step),
            tokenAccuracy: Double(window.correctTokens) / Double(max(1, window.countedTokens)),
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
        ]
    }

    private static func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
    }
}
