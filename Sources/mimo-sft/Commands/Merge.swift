import ArgumentParser
import MimoAdapter
import MimoFiles
import MimoModel
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

    /// Merges and writes.
    ///
    /// - Throws: ``UsageError`` where there is not one adapter, and where the model or adapter is refused.
    func merge(_ model: ModelOptions) throws {
        let folder = try model.adapter
        let output = outputDir ?? "\(folder)-merged"
        try CheckpointManifest.checkWeights(of: folder)
        let base = try Checkpoint(directory: ModelLocator().base(ofAdapter: folder, named: model.model))
        let adapter = try Adapter(directory: folder, for: base.config)
        let report = try AdapterMerge(base: base, adapter: adapter).write(
            to: output,
            replacing: existOk,
            keeping: [folder]
        ) { written, total in
            if Console.isTerminal, total > 0 { Console.rewrite("merging: \(written * 100 / total) %") }
        }
        Console.note(
            "merged \(report.merged) of \(report.tensors) tensors of \(base.directory), "
                + "\(Figure.fixed(Double(report.bytes) / 1e9, 2)) GB"
        )
        Console.result(output)
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
            return folder
        }
    }
}
