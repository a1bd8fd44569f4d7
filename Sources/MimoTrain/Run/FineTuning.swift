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
    /// The options as they came to be.
    public let arguments: RunArguments

    private let place: RunFolder
    private let trainer: Trainer

    /// Sets a run up.
    ///
    /// - Throws: An error of the room that refuses something: the model, the rows, the adapter or the options.
    public init(_ options: FineTuningOptions) throws {
        try options.trainer.validate()
        try options.lora.validate()
        let output = options.outputDirectory ?? "output/\(Folder.name(of: options.model))"
        let start = try ResumePoint(options.resume, output: output)
        skipped = start?.skipped ?? []
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

        let place =
            try goesOn.map { try RunFolder(existing: Folder.parent(of: $0)) }
            ?? RunFolder(new: output, addsVersion: options.addsVersion)
        let arguments = Self.settled(options, base, tuned.firstConfig, folder: place.path)
        trainer = try Trainer(
            options.trainer,
            decoder: tuned.decoder,
            samples: rows.samples,
            folder: place.path,
            identity: [
                ("base model", .string(Fingerprint(of: base).text)), ("data", .string(rows.fingerprint)),
            ] + tuned.identity
        ) { folder in
            try tuned.write(folder)
            try arguments.write(to: folder)
        }
        if let goesOn { try trainer.resume(from: goesOn) } else { try arguments.write(to: place.path) }
        checkpoint = base
        adapter = tuned.adapter
        tunedSummary = tuned.summary
        report = rows.report
        warnings = (encoding as? RowEncoder)?.warnings ?? []
        sampleCount = rows.samples.count
        resumed = start?.checkpoint
        self.place = place
        self.arguments = arguments
    }

    /// Trains to the end, or until a step's report is answered with ``Disposition/stop``.
    ///
    /// - Parameter report: Told what happens; its answer counts after a step.
    /// - Returns: The last checkpoint's folder.
    /// - Throws: As the trainer does.
    @discardableResult
    public func run(_ report: (TrainingEvent) -> Disposition) throws -> String? {
        try trainer.run(report)
    }

    /// The run's folder.
    public var folder: String { place.path }

    /// Steps of the run.
    public var totalSteps: Int { trainer.totalSteps }

    /// What the run's memory goes to.
    public var memory: MemoryPlan { trainer.memory }

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
