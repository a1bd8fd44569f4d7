import ArgumentParser
import Foundation
import MimoTestSupport
import Testing

@testable import mimo_sft

/// The help, word for word. `UPDATE_SNAPSHOTS=1 swift test --filter HelpTests` writes it anew.
@Suite struct HelpTests {
    @Test(arguments: CommandTree.all)
    func theHelpIsAsWritten(command: CommandTree.Entry) throws {
        let outcome = try BuiltCommand.run(command.words + ["--help"], in: TemporaryFolder())
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let name = command.words.isEmpty ? "mimo-sft" : command.words.joined(separator: "-")
        let snapshot = "\(Golden.package)Tests/CLITests/Snapshots/\(name).txt"
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] != nil {
            try outcome.output.write(toFile: snapshot, atomically: true, encoding: .utf8)
        }
        #expect(outcome.output == (try String(contentsOfFile: snapshot, encoding: .utf8)))
    }

    @Test(arguments: CommandTree.leaves)
    func helpCanBeAskedForInAllTheUsualWays(command: CommandTree.Entry) throws {
        let folder = try TemporaryFolder()
        let help = try BuiltCommand.run(command.words + ["--help"], in: folder)
        #expect(try BuiltCommand.run(["help"] + command.words, in: folder).output == help.output)
        #expect(try BuiltCommand.run(command.words + ["-h"], in: folder).output == help.output)
        #expect(
            try BuiltCommand.run(command.words + ["--model", "x", "--help"], in: folder).output == help.output
        )
    }

    @Test func theVersionIsPrinted() throws {
        let outcome = try BuiltCommand.run(["--version"], in: TemporaryFolder())
        #expect(outcome.code == 0)
        #expect(outcome.output == MimoSFT.configuration.version + "\n")
    }
}
