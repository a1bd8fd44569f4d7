import ArgumentParser

/// The program: it finds the command and answers for its errors.
@main
struct MimoSFT: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mimo-sft",
        abstract: "Thinking-aware LoRA fine-tuning of MiMo-7B and its relatives on CPUs.",
        discussion: """
            Without a command, mimo-sft is mimo-sft sft. Options are ms-swift's: --lora-rank and --lora_rank are \
            the same, true after a yes-or-no option may be left out, and options can stand in a YAML or JSON file \
            that is named before them.

              mimo-sft --model MODEL --dataset data.jsonl --lora-rank 8
              mimo-sft infer --adapters output/…/checkpoint-100
              mimo-sft merge --adapters output/…/checkpoint-100

            Exit codes: 0 done; 1 failed; 64 the command line is wrong; 130 or 143 stopped by Ctrl-C or SIGTERM, \
            after saving what can be gone on from.
            """,
        version: "0.1.0",
        subcommands: [SFT.self, PT.self, Infer.self, Merge.self, Export.self, Init.self, DataTools.self],
        defaultSubcommand: SFT.self
    )

    static func main() {
        do {
            let line = try ArgumentLine(Array(CommandLine.arguments.dropFirst()), for: Self.self)
            var command = try parseAsRoot(line.arguments)
            for note in line.notes { Console.note(note) }
            try command.run()
        } catch let error as UsageError {
            Console.failure(error.description)
            exit(withError: ExitCode.validationFailure)
        } catch  where exitCode(for: error) == .failure && !(error is ExitCode) {
            // Errors of the libraries are one line by themselves.
            Console.failure("\(error)")
            exit(withError: ExitCode.failure)
        } catch  where exitCode(for: error) == .validationFailure {
            Console.failure(message(for: error))
            exit(withError: ExitCode.validationFailure)
        } catch {
            // Help, the version, and exit codes that commands chose.
            exit(withError: error)
        }
    }
}
