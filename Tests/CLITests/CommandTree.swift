import ArgumentParser
import Testing

@testable import mimo_sft

/// The program's commands, each by the words that call it.
enum CommandTree {
    /// A command: no words for the program itself.
    struct Entry: CustomTestStringConvertible {
        let words: [String]
        let type: any ParsableCommand.Type

        var testDescription: String { words.joined(separator: " ") }
    }

    /// All of them.
    static let all = entries([], MimoSFT.self)
    /// Those that do something themselves.
    static let leaves = all.filter { $0.type.configuration.subcommands.isEmpty }

    private static func entries(_ words: [String], _ type: any ParsableCommand.Type) -> [Entry] {
        [Entry(words: words, type: type)]
            + type.configuration.subcommands.flatMap { entries(words + [$0._commandName], $0) }
    }
}
