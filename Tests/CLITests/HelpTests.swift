import ArgumentParser
import Foundation
import MimoTestSupport
import Testing

@testable import mimo_sft

/// The help, word for word. `UPDATE_SNAPSHOTS=1 swift test --filter HelpTests` writes it anew.
@Suite struct HelpTests {
    static let commands = [""] + MimoSFT.configuration.subcommands.map { $0._commandName }

    @Test(arguments: commands)
    func theHelpIsAsWritten(command: String) throws {
        let words = command.isEmpty ? ["--help"] : [command, "--help"]
        let outcome = try BuiltCommand.run(words, in: TemporaryFolder())
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        let name = command.isEmpty ? "mimo-sft" : command
        let snapshot = "\(Golden.package)Tests/CLITests/Snapshots/\(name).txt"
        if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] != nil {
            try outcome.output.write(toFile: snapshot, atomically: true, encoding: .utf8)
        }
        #expect(outcome.output == (try String(contentsOfFile: snapshot, encoding: .utf8)))
    }

    @Test(arguments: MimoSFT.configuration.subcommands.map { $0._commandName })
    func helpCanBeAskedForInAllTheUsualWays(command: String) throws {
        let folder = try TemporaryFolder()
        let help = try BuiltCommand.run([command, "--help"], in: folder)
        #expect(try BuiltCommand.run(["help", command], in: folder).output == help.output)
        #expect(try BuiltCommand.run([command, "-h"], in: folder).output == help.output)
        #expect(try BuiltCommand.run([command, "--model", "x", "--help"], in: folder).output == help.output)
    }

    @Test func theVersionIsPrinted() throws {
        let outcome = try BuiltCommand.run(["--version"], in: TemporaryFolder())
        #expect(outcome.code == 0)
        #expect(outcome.output == MimoSFT.configuration.version + "\n")
    }
}
