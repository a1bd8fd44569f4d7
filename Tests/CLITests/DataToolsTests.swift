import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// The folder of MiMo's tokenizer, beside the checkout; it has no weights.
private let tokenizer = Golden.shared("models/mimo-tokenizer")

@Suite(.enabled(if: Folder.exists("\(tokenizer)/tokenizer.json"), "needs MiMo's tokenizer"))
struct DataToolsTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let rows = [
            #"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "<think>\n\n</think>\n\nHello"}]}"#,
            #"{"messages": 3}"#,
            #"{"messages": [{"role": "user", "content": "<|im_end|>"}, {"role": "assistant", "content": "<think>\nWell.\n</think>\n\nNo."}]}"#,
        ]
        try folder.write(rows.joined(separator: "\n") + "\n", to: "rows.jsonl")
    }

    private func data(_ words: String..., input: String? = nil) throws -> BuiltCommand.Outcome {
        let shell = try input.map { "exec 0< '\(try folder.write($0, to: "input"))'" }
        return try BuiltCommand.run(["data"] + words, in: folder, after: shell ?? ":")
    }

    private func lines(_ text: String) throws -> [JSON] {
        try text.split(separator: "\n").map { try JSON(parsing: String($0)) }
    }

    @Test func aPreviewHoldsWhatTheTrainerGets() throws {
        let outcome = try data(
            "preview",
            "--model",
            tokenizer,
            "--dataset",
            "rows.jsonl",
            "--format",
            "json",
            "--loss_scale",
            "ignore_empty_think"
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = try lines(outcome.output)
        try #require(lines.count == 3)
        #expect(lines.map { $0["line"] } == [1, 2, 3])
        #expect(lines[1]["error"] == "\"messages\" is a number; expected a list")
        let ids = try #require(lines[0]["input_ids"]?.arrayValue)
        let labels = try #require(lines[0]["labels"]?.arrayValue)
        let learned = labels.filter { $0 != -100 }
        let decoded = try data(
            "tokenize",
            "--model",
            tokenizer,
            "--decode",
            input: JSON.object(JSONObject([("ids", .array(learned))])).text()
        )
        #expect(decoded.output == "{\"text\": \"Hello<|im_end|>\\n\"}\n")
        #expect(ids.count == labels.count)
        #expect(outcome.errorLines.last?.hasPrefix("rows: 3, ") == true)
        // The run's log counts as many.
        let counted = lines.reduce(0) { sum, line in
            sum + (line["labels"]?.arrayValue?.count { $0 != -100 } ?? 0)
        }
        #expect(outcome.errorLines.last?.hasSuffix("\(counted) of them learned") == true)
    }

    @Test func oneRowIsShownByItsIndexInEveryFormat() throws {
        let arguments = ["data", "preview", "--model", tokenizer, "--dataset", "rows.jsonl", "--index", "2"]
        let text = try BuiltCommand.run(arguments, in: folder)
        #expect(text.code == 0)
        #expect(text.output.hasPrefix("rows.jsonl:3: "))
        #expect(text.output.contains("【<think>↵\nWell.↵\n</think>↵\n↵\nNo."))
        #expect(!text.output.contains("\u{1b}"))
        let page = try BuiltCommand.run(arguments + ["--format", "html"], in: folder)
        #expect(page.output.hasPrefix("<!DOCTYPE html>"))
        #expect(page.output.contains("&lt;think&gt;"))
        let none = try BuiltCommand.run(arguments + ["--index", "3"], in: folder)
        #expect(none.code == 64)
        #expect(none.errors == "mimo-sft: --index is 3; there are fewer rows\n")
    }

    @Test func theDoctorNamesLinesReportsEveryRowAndFails() throws {
        let outcome = try data(
            "check",
            "--model",
            tokenizer,
            "--dataset",
            "rows.jsonl",
            "--report",
            "report.jsonl"
        )
        #expect(outcome.code == 1)
        #expect(outcome.output.contains("rows.jsonl:2: dropped: \"messages\" is a number; expected a list\n"))
        #expect(outcome.output.contains("rows.jsonl:3: "))
        #expect(outcome.output.contains("3 rows read: 2 kept, 1 dropped"))
        let report = try folder.lines(of: "report.jsonl")
        #expect(report.map { $0["verdict"] } == ["fine", "dropped", "odd"])
        try folder.write(
            #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#
                + "\n",
            to: "fine.jsonl"
        )
        #expect(try data("check", "--model", tokenizer, "--dataset", "fine.jsonl").code == 0)
    }

    @Test func tokensOfTrainingAndInferenceAreCompared() throws {
        let row =
            #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "<think></think> Answer"}]}"#
        try folder.write(row + "\n", to: "row.jsonl")
        let arguments = [
            "data", "check-tokens", "--model", tokenizer, "--dataset", "row.jsonl", "--loss_scale",
            "ignore_empty_think",
        ]
        let ours = try BuiltCommand.run(arguments, in: folder)
        #expect(ours.output == "1 rows: 1 with equal tokens, 0 with others, 0 not checked\n")
        #expect(ours.code == 0)
        let theirs = try BuiltCommand.run(arguments + ["--tokenization", "segments"], in: folder)
        #expect(theirs.output.hasSuffix("1 rows: 0 with equal tokens, 1 with others, 0 not checked\n"))
        #expect(theirs.code == 1)
    }

    @Test func textBecomesIdsAndComesBack() throws {
        let input = "{\"text\": \"Hello, 世界\\n<|im_end|>\"}\n\n{\"text\": \"\"}\n"
        let ids = try data("tokenize", "--model", tokenizer, input: input)
        #expect(ids.code == 0, "\(ids.errors)")
        #expect(try lines(ids.output).last == ["ids": []])
        let texts = try data("tokenize", "--model", tokenizer, "--decode", input: ids.output)
        #expect(try lines(texts.output) == [["text": "Hello, 世界\n<|im_end|>"], ["text": ""]])
        let wrong = try data("tokenize", "--model", tokenizer, input: "{\"text\": \"a\"}\n{\"txt\": 1}\n")
        #expect(wrong.code == 1)
        #expect(wrong.errors == "mimo-sft: standard input:2: expected \"text\", a string\n")
    }

    @Test func aTemplateRendersAContextFromAFileOrByItsName() throws {
        try folder.write("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", to: "t.jinja")
        let input =
            #"{"messages": [{"role": "user", "content": "hi"}], "add_generation_prompt": true}"# + "\n"
        #expect(
            try data("render", "--template", "t.jinja", input: input).output
                == "{\"text\": \"user: hi\\n\"}\n"
        )
        #expect(
            try data("render", "--template", "chatml", input: input).output
                == "{\"text\": \"<|im_start|>user\\nhi<|im_end|>\\n<|im_start|>assistant\\n\"}\n"
        )
        try folder.write("{{ 1 / }}", to: "t.jinja")
        let wrong = try data("render", "--template", "t.jinja", input: input)
        #expect(wrong.code == 1)
        #expect(wrong.errorLines.count == 1)
    }
}
