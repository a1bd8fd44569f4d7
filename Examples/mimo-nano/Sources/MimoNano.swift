import ArgumentParser

/// `mimo-nano`: what MiMo-Nano is made of, its rows and its tokenizer, and what it scores.
@main
struct MimoNano: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mimo-nano",
        abstract: "Writes the rows and the tokenizer that MiMo-Nano is trained with, and scores its answers.",
        discussion: "The whole recipe is Examples/mimo-nano/train.sh.",
        subcommands: [RowsCommand.self, TokenizerCommand.self, ScoreCommand.self, RetentionCommand.self]
    )
}
