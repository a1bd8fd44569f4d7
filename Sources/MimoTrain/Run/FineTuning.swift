public import MimoAdapter
public import MimoData
import MimoFiles
public import MimoModel
import MimoNumerics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A run of fine-tuning, set up from its options: the one way from a model's name and rows on disk to a trainer
/// in a folder of its own.
///
/// Everything that can be refused is refused before the run's folder is made.
public final class FineTuning {
    /// The base model.
    public let checkpoint: Checkpoint
    /// The adapter at the run's beginning, or where it goes on; nil where the model itself is trained.
    public let adapter: Adapter?
    /// What is trained, in one line.
    public let tunedSummary: String
    /// What became of the rows that were read; nil where they were tokenized before.
    public let report: RowReport?
    /// What speaks against the loss scale with the template, in words.
    public let warnings: [String]
    /// How many samples an epoch has.
    public let sampleCount: Int
    /// The checkpoint that the run goes on from.
    public let resumed: String?
    /// Checkpoints that were passed over for a whole one, with the reasons.
    public let skipped: [String]
    /// Whether the run was to go on, and there was nothing to go on from.
    public let beginsAnew: Bool
    /// The options as they came to be.
    public let arguments: RunArguments

    /// What the run will need.
    public let preflight: Preflight

    private let place: RunFolder
    private let trainer: Trainer
    private let recorder: RunRecorder

    /// Sets a run up.
    ///
    /// - Throws: An error of the room that refuses something: the model, the rows, the adapter or the options.
    public init(_ options: FineTuningOptions) throws {
        try options.trainer.validate()
        try options.lora.validate()
        let output = options.outputDirectory ?? "output/\(Folder.name(of: options.model))"
        let start = try ResumePoint(options.resume, output: output)
        skipped = start?.skipped ?? []
        beginsAnew = start == nil && options.resume != .no
        let goesOn = options.resumesOnlyModel ? nil : start?.checkpoint

        let base = try Checkpoint(directory: ModelLocator().directory(for: options.model))
        let encoding = try options.template.encoding(in: base.directory, base.config, named: options.model)
        let tuned = try TunedModel(
            options,
            base: base,
            path: Self.absolute(base.directory),
            start: start?.checkpoint
        )

        let rows = try TrainingRows(options, encoding, vocabularySize: base.config.vocabularySize)

        try Self.checkEvaluation(options, rows)

        let place =
            try goesOn.map { try RunFolder(existing: Folder.parent(of: $0)) }
            ?? RunFolder(new: output, addsVersion: options.addsVersion)
        let arguments = Self.settled(options, base, tuned.firstConfig, folder: place.path)
        let probe = try options.retention.prompts.map {
            try Self.probe(options.retention, $0, tuned.decoder, encoding)
        }
        trainer = try Trainer(
            options.trainer,
            decoder: tuned.decoder,
            samples: rows.samples,
            validation: rows.validation,
            probe: probe,
            folder: place.path,
            identity: [
                ("base model", .string(Fingerprint(of: base).text)),
                ("data", .string(rows.samples.fingerprint)),
                ("validation data", rows.validation.map { .string($0.fingerprint) } ?? .null),
            ] + tuned.identity
        ) { folder in
            try tuned.write(folder)
            try arguments.write(to: folder)
        }
        if let goesOn { try trainer.resume(from: goesOn) }
        preflight = trainer.preflight(
            countedTokens: rows.samples.countedTokens,
            validationRows: rows.validation?.source.count ?? 0,
            writtenBytes: tuned.writtenBytes
        )
        do {
            try preflight.check(folder: place.path)
        } catch {
            if goesOn == nil, options.addsVersion { try Folder.remove(place.path) }
            throw error
        }
        if goesOn == nil { try arguments.write(to: place.path) }
        recorder = RunRecorder(
            folder: place.path,
            try Self.facts(base, tuned, rows, encoding, preflight),
            arguments
        )
        checkpoint = base
        adapter = tuned.adapter
        tunedSummary = tuned.summary
        report = rows.report
        warnings = (encoding as? RowEncoder)?.warnings ?? []
        sampleCount = rows.samples.source.count
        resumed = start?.checkpoint
        self.place = place
        self.arguments = arguments
    }

    /// Trains to the end, or until a step's report is answered with ``Disposition/stop``.
    ///
    /// - Parameter report: Told what happens; its answer counts after a step.
    /// - Returns: How the run ended.
    /// - Throws: As the trainer does.
    @discardableResult
    public func run(_ report: (TrainingEvent) -> Disposition) throws -> TrainingEvent.Outcome {
        try trainer.run { event in
            do {
                try recorder.take(event)
            } catch {
                _ = report(.warning("\(error)"))
            }
            return report(event)
        }
    }

    /// The run's folder.
    public var folder: String { place.path }

    /// Steps of the run.
    public var totalSteps: Int { trainer.totalSteps }

    /// What the run's memory goes to.
    public var memory: MemoryPlan { trainer.memory }

    /// What the report says of the run.
    private static func facts(
        _ base: Checkpoint,
        _ tuned: TunedModel,
        _ rows: TrainingRows,
        _ encoding: any RowEncoding,
        _ preflight: Preflight
    ) throws -> RunFacts {
        var facts = RunFacts()
        facts.threads = Compute.threads
        facts.facts = [
            (
                "base model",
                "\(base.directory): \(base.config.architecture.rawValue), \(base.config.layerCount) layers, "
                    + "hidden size \(base.config.hiddenSize)"
            ),
            ("trained", tuned.summary),
            ("data", rows.report.map { "\($0)" } ?? "\(rows.samples.source.count) samples, tokenized before"),
        ]
        if let report = rows.validationReport { facts.facts.append(("validation data", "\(report)")) }
        facts.facts.append(("plan", preflight.description))
        if let encoder = encoding as? RowEncoder {
            let sample = try rows.samples.source.sample(0)
            facts.mask = RunFacts.stretches(of: sample, encoder.tokenizer)
            facts.maskOrigin = "\(sample.origin)"
        }
        return facts
    }

    /// Refuses options that need an evaluation where there is nothing to evaluate.
    private static func checkEvaluation(_ options: FineTuningOptions, _ rows: TrainingRows) throws {
        let evaluation = options.trainer.evaluation
        guard !evaluation.isOn || (rows.validation == nil && options.retention.prompts == nil) else { return }
        for (name, isAsked) in [
            ("load_best_model_at_end", evaluation.loadsBest), ("save_strategy best", evaluation.savesBest),
            ("early_stop_interval", evaluation.patience != nil),
        ] where isAsked {
            throw TrainError.option(
                name: name,
                found: "without evaluations",
                expected:
                    "--val_dataset, --split_dataset_ratio or --retention_prompts, and no --eval_strategy no"
            )
        }
    }

    private static func probe(
        _ options: RetentionOptions,
        _ prompts: String,
        _ decoder: Decoder,
        _ encoding: any RowEncoding
    ) throws -> RetentionProbe {
        guard let encoder = encoding as? RowEncoder else {
            throw DataError.badOption(
                "retention_prompts",
                reason: "the model has no tokenizer or no template, so nothing can be asked"
            )
        }
        return try RetentionProbe(options, path: prompts, decoder: decoder, encoder: encoder)
    }

    /// The arguments with what the set-up found in its place.
    private static func settled(
        _ options: FineTuningOptions,
        _ checkpoint: Checkpoint,
        _ config: LoRAConfig?,
        folder: String
    ) -> RunArguments {
        var arguments = options.arguments
        arguments.fields["model"] = .string(Self.absolute(checkpoint.directory))
        let template = options.template.resolvedName(for: checkpoint.config, named: options.model)
        arguments.fields["template"] = template.map { .string($0) } ?? .null
        arguments.fields["output_dir"] = .string(folder)
        if let config {
            arguments.fields["lora_rank"] = .int(Int64(config.rank))
            arguments.fields["lora_alpha"] =
                Int64(exactly: config.alpha).map { .int($0) } ?? .double(config.alpha)
            arguments.fields["use_rslora"] = .bool(config.usesRSLoRA)
        }
        // Who starts another run from this file does not want to go on with this one.
        arguments.fields["resume_from_checkpoint"] = .null
        return arguments
    }

    /// The path from the root, so that it means the same wherever the file is read.
    private static func absolute(_ path: String) -> String {
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
