import ArgumentParser
import MimoFiles
import MimoTestSupport
import Testing

@testable import mimo_sft

/// One declaration serves the parser, the help, run files and `args.json`: what one of them knows, all know.
@Suite struct DeclaredOptionTests {
    @Test(arguments: CommandTree.leaves)
    func everyOptionOfTheHelpIsDeclaredAndTheOtherWayRound(command: CommandTree.Entry) throws {
        let type = command.type
        let help = MimoSFT.helpMessage(for: type, includeHidden: true, columns: 200)
        let shown = help.matches(of: #/(?m)^ {2}--([a-z0-9-]+)/#).map { String($0.1) }
        let declared = try type.parse([]).declaredOptions.map(\.name)
        #expect(Set(shown).subtracting(["version", "help"]) == Set(declared))
        #expect(Set(declared).count == declared.count)
    }

    @Test(arguments: CommandTree.leaves)
    func theParserTakesEveryDeclaredNameInBothSpellings(command: CommandTree.Entry) throws {
        let type = command.type
        for option in try type.parse([]).declaredOptions {
            for name in [option.name, option.fieldName] {
                let line = try ArgumentLine(
                    command.words + ["--\(name)", Self.value(for: option)],
                    for: MimoSFT.self
                )
                let parsed = try MimoSFT.parseAsRoot(line.arguments)
                let value = parsed.declaredOptions.first { $0.name == option.name }?.value
                #expect(value != option.value || option.isSecret, "\(name)")
            }
        }
    }

    @Test(arguments: CommandTree.leaves)
    func theFieldsOfArgsJSONReadBackAsTheSameOptions(command: CommandTree.Entry) throws {
        let type = command.type
        let options = try type.parse([]).declaredOptions.filter { !$0.isSecret }
        let words = options.flatMap { ["--\($0.name)", Self.value(for: $0)] }
        let parsed = try MimoSFT.parseAsRoot(ArgumentLine(command.words + words, for: MimoSFT.self).arguments)
        let folder = try TemporaryFolder()
        let path = try folder.write(JSON.object(parsed.optionFields).text(indent: 2), to: "args.json")
        let again = try MimoSFT.parseAsRoot(ArgumentLine(command.words + [path], for: MimoSFT.self).arguments)
        #expect(again.optionFields == parsed.optionFields)
    }

    /// A value that is not the default.
    private static func value(for option: DeclaredOption) -> String {
        let choices = [
            "truncation_strategy": "split", "tokenization": "segments", "lr_scheduler_type": "linear",
            "save_strategy": "no", "eval_strategy": "epoch", "format": "html", "optim": "sgd",
            "tuner_type": "full", "stopping_strategy": "all_exhausted", "thinking": "fold",
        ]
        if let choice = choices[option.fieldName] { return choice }
        return switch option.value {
        case .bool(let value): String(!value)
        case .int(let value): String(value + 1)
        case .double(let value): String(value + 0.5)
        default: option.shape == .boolean ? "true" : "7"
        }
    }
}
