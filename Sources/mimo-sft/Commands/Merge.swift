import ArgumentParser
import MimoAdapter
import MimoFiles
import MimoInfer
import MimoModel
import MimoText
import MimoTrain

/// `mimo-sft merge`: a model that needs no adapter any more.
struct Merge: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Add an adapter to its base model's weights, and write the model that results.",
        discussion: "Prints the path of the folder that it wrote."
    )

    @Argument(help: "A YAML or JSON file of options; the command line wins.")
    var runFile: String?

    @OptionGroup(title: "Model")
    var model: ModelOptions

    @OptionGroup(title: "Output")
    var output: MergeOptions

    @OptionGroup(title: "Machine")
    var compute: ComputeOptions

    func run() throws {
        try compute.apply()
        try output.merge(model)
    }
}

/// Where a merged model goes.
struct MergeOptions: ParsableArguments {
    @Option(
        help: .taking(
            "folder",
            "Folder of the merged model; the adapter's with -merged behind it if not given."
        )
    )
    var outputDir: String?

    @Option(help: .taking("bool", "Whether a folder that stands there already gives way."))
    var existOk = false

    @Option(
        help: .taking(
            "bool",
            "Read the merged model again and compare what it says of sample texts with base and adapter."
        )
    )
    var verifyMerge = true

    @Option(
        help: .taking(
            "x",
            "How far log-probabilities may differ then, in nats a token; else nothing is kept."
        )
    )
    var mergeTolerance = 0.05

    /// Merges and writes.
    ///
    /// - Throws: ``UsageError`` where there is not one adapter, and where the model or adapter is refused.
    func merge(_ model: ModelOptions) throws {
        let folder = try model.adapter
        let output = outputDir ?? "\(folder)-merged"
        try CheckpointManifest.checkWeights(of: folder)
        let base = try Checkpoint(directory: ModelLocator().base(ofAdapter: folder, named: model.model))
        let adapter = try Adapter(directory: folder, for: base.config)
        let tokenizer =
            Folder.exists("\(base.directory)/tokenizer.json") ? try Tokenizer(directory: base.directory) : nil
        let report = try AdapterMerge(base: base, adapter: adapter).write(
            to: output,
            replacing: existOk,
            keeping: [folder],
            progress: { written, total in
                if Console.isTerminal, total > 0 { Console.rewrite("merging: \(written * 100 / total) %") }
            },
            check: { folder, report in
                guard verifyMerge else { return }
                let check = try MergeCheck(base: base, adapter: adapter, merged: folder, tokenizer: tokenizer)
                try AtomicFile.write(
                    Self.json(report, check).text(indent: 2) + "\n",
                    to: "\(folder)/merge_report.json"
                )
                Console.note(Self.text(report, check))
                guard check.mean <= mergeTolerance else {
                    throw MergeDiffers(mean: check.mean, tolerance: mergeTolerance, output: output)
                }
            }
        )
        Console.note(
            "merged \(report.merged) of \(report.tensors) tensors of \(base.directory), "
                + "\(Figure.fixed(Double(report.bytes) / 1e9, 2)) GB"
        )
        Console.result(output)
    }
}

extension MergeOptions {
    /// What was compared and lost, in two lines.
    private static func text(_ report: AdapterMerge.Report, _ check: MergeCheck) -> String {
        var lines = [
            "verified: log-probabilities of \(check.tokens) tokens differ by \(Figure.short(check.mean)) nats on "
                + "average, \(Figure.short(check.largest)) at most"
        ]
        if let worst = report.rounding.max(by: { $0.lostShare < $1.lostShare }), worst.largest > 0 {
            lines.append(
                "rounding: at most \(Figure.short(report.rounding.map(\.largest).max() ?? 0)) an element; beside the "
                    + "update \(Figure.fixed(worst.lostShare * 100, 1)) % in \(worst.tensor), the worst"
            )
        }
        return lines.joined(separator: "\n")
    }

    /// The same for every tensor.
    private static func json(_ report: AdapterMerge.Report, _ check: MergeCheck) -> JSON {
        [
            "log_probabilities": [
                "tokens": .int(Int64(check.tokens)), "mean_difference": .double(check.mean),
                "largest_difference": .double(check.largest),
            ],
            "rounding": .object(
                JSONObject(
                    report.rounding.map {
                        (
                            $0.tensor,
                            ["largest": .double($0.largest), "share_of_update": .double($0.lostShare)]
                        )
                    }
                )
            ),
        ]
    }
}

/// A merged model that does not say what it should.
struct MergeDiffers: Error, CustomStringConvertible {
    let mean: Double
    let tolerance: Double
    let output: String

    var description: String {
        "\(output): not kept: its log-probabilities differ from base and adapter by \(Figure.short(mean)) nats a token, "
            + "and --merge_tolerance is \(Figure.short(tolerance)); use the adapter unmerged, or merge into an F32 base"
    }
}

extension ModelOptions {
    /// The one adapter's folder, without slashes at its end.
    ///
    /// - Throws: ``UsageError`` where there is none, or several.
    var adapter: String {
        get throws {
            guard adapters.count == 1, var folder = adapters.first else {
                throw UsageError(
                    adapters.isEmpty
                        ? "--adapters is missing; expected an adapter's folder, such as output/…/checkpoint-100"
                        : "--adapters has \(adapters.count) values; expected one"
                )
            }
            while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
            return RunFolder.result(in: folder)
        }
    }
}
