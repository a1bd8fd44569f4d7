import Foundation
import MimoTestSupport
import Testing

/// A chat with the small model of Examples/, which thinks before it answers.
@Suite struct ThinkingChatTests {
    private func answer(_ options: [String]) throws -> String {
        let folder = try TemporaryFolder()
        try folder.write("What is 7 + 8?\n", to: "questions.txt")
        let outcome = try BuiltCommand.run(
            ["infer", "--model", StarterRun.model, "--temperature", "0"] + options,
            in: folder,
            after: "exec < questions.txt"
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output
    }

    @Test("Thinking is shown, folded into a line or left out", arguments: [true, false])
    func thinking(isStreamed: Bool) throws {
        let stream = ["--stream", "\(isStreamed)"]
        let whole = try answer(stream)
        let closing = try #require(whole.range(of: "</think>\n\n"))
        #expect(whole.hasPrefix("<think>\n"))
        let words = String(whole[closing.upperBound...])
        #expect(try answer(stream + ["--thinking", "show"]) == whole)
        #expect(try answer(stream + ["--thinking", "hide"]) == words)
        let lines = try answer(stream + ["--thinking", "fold"]).split(separator: "\n", maxSplits: 1)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("(thought for ") && lines[0].hasSuffix(" tokens)"))
        #expect(lines.last.map(String.init) == words)
    }
}
