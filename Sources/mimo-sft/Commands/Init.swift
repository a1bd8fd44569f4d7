import ArgumentParser
import MimoFiles
import MimoModel
import MimoNumerics

/// `mimo-sft init`: a model to be trained from nothing.
struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a model of a config.json's shapes with random weights, to train from nothing.",
        discussion: """
            The folder's tokenizer and other files come along. Train the new model with \
            mimo-sft sft --tuner-type full. Prints the path of the folder that it wrote.
            """
    )

    @Option(help: .taking("folder", "A folder with a config.json, with or without weights."))
    var model: String?

    @Option(help: .taking("folder", "Folder of the new model, which must not be there."))
    var outputDir: String?

    @Option(help: .taking("type", "Type of the weights: float32, bfloat16 or float16."))
    var torchDtype = ElementType.bf16.name

    @Option(help: .taking("n", "What the weights depend on."))
    var seed: UInt64 = 42

    func run() throws {
        guard let model else { throw UsageError("--model is missing; expected a folder with a config.json") }
        guard let outputDir else { throw UsageError("--output_dir is missing; expected a folder to be made") }
        guard let type = ElementType(name: torchDtype) else {
            throw UsageError("--torch_dtype is \(torchDtype); expected float32, bfloat16 or float16")
        }
        guard !Folder.exists(outputDir) else {
            throw UsageError("--output_dir \(outputDir) is there already; choose another")
        }
        let random = try RandomModel(directory: model)
        try random.write(to: outputDir, as: type, seed: seed)
        Console.note("\(random.parameterCount) parameters of \(random.config.architecture.rawValue)'s shapes")
        Console.result(outputDir)
    }
}
