import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// `mimo-sft pt`, and plain text elsewhere, with the small model of Examples/.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct PretrainingTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let texts = (0..<12).map { #"{"text": "Row \#($0) says that \#($0) plus \#($0) is \#(2 * $0)."}"# }
        try folder.write(texts.joined(separator: "\n") + "\n", to: "texts.jsonl")
    }

    private func run(_ words: String...) throws -> BuiltCommand.Outcome {
        try BuiltCommand.run(words + ["--model", StarterRun.model], in: folder)
    }

    private func ids(_ json: JSON?) -> [Int] {
        (json?.arrayValue ?? []).compactMap { $0.intValue.map { Int($0) } }
    }

    @Test func plainTextIsPreviewedAndCheckedAsItIsTrained() throws {
        let flags = ["--use_chat_template", "false", "--loss_scale", "all"]
        let preview = try BuiltCommand.run(
            ["data", "preview", "--model", StarterRun.model, "--dataset", "texts.jsonl", "--format", "json"]
                + flags,
            in: folder
        )
        #expect(preview.code == 0, "\(preview.errors)")
        let rows = try preview.output.split(separator: "\n").map { try JSON(parsing: String($0)) }
        #expect(rows.count == 12)
        for row in rows {
            let (tokens, labels) = (ids(row["input_ids"]), ids(row["labels"]))
            #expect(tokens.count > 5 && labels == [-100] + tokens.dropFirst())
        }
        let check = try BuiltCommand.run(
            ["data", "check", "--model", StarterRun.model, "--dataset", "texts.jsonl"] + flags,
            in: folder
        )
        #expect(check.code == 0, "\(check.output) \(check.errors)")
        // What belongs to turns is no matter of plain text, but turns that are lost are.
        try folder.write(
            #"{"text": " a <think> b\n"}"# + "\n"
                + #"{"history": [["a", "b"]], "query": "c", "response": "d"}"# + "\n",
            to: "odd.jsonl"
        )
        let odd = try BuiltCommand.run(
            ["data", "check", "--model", StarterRun.model, "--dataset", "odd.jsonl"] + flags,
            in: folder
        )
        #expect(odd.code == 1)
        let said = odd.output.split(separator: "\n").filter { $0.hasPrefix("odd.jsonl:") }
        #expect(said == ["odd.jsonl:2: plain text has no turns: only the last round is taken"])
    }

    @Test func allOfTheTextIsLearnedMultiTokenPredictionIncludedAndTheModelGoesOnWithText() throws {
        let outcome = try run(
            "pt",
            "--dataset",
            "texts.jsonl",
            "--tuner_type",
            "full",
            "--mtp_loss_weight",
            "0.3",
            "--num_train_epochs",
            "40",
            "--learning_rate",
            "3e-3",
            "--gradient_accumulation_steps",
            "6",
            "--logging_steps",
            "20",
            "--add_version",
            "false",
            "--output_dir",
            "out"
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        let arguments = try JSON(
            parsing: String(contentsOfFile: folder.file("out/args.json"), encoding: .utf8)
        )
        #expect(arguments["use_chat_template"] == false && arguments["loss_scale"] == "all")
        let log = try folder.lines(of: "out/logging.jsonl")
        let (first, last) = (try #require(log.first), try #require(log.last))
        for name in ["loss", "mtp_loss"] {
            let (before, after) = (first[name]?.doubleValue ?? 0, last[name]?.doubleValue ?? .infinity)
            #expect(after < before / 4, "\(name) \(before) \(after)")
        }
        // Every token of a row but its first counts.
        #expect(first["counted_tokens"]?.intValue == first["tokens"]?.intValue.map { $0 - 6 })
        // The checkpoint's own options say that there is no template; drafts change no answer.
        let checkpoint = outcome.output.split(separator: "\n").joined()
        try folder.write(#"{"query": "Row 3 says"}"# + "\n", to: "ask.jsonl")
        var answers: [JSON] = []
        for drafts in ["false", "true"] {
            let asked = try BuiltCommand.run(
                [
                    "infer", "--model", checkpoint, "--val_dataset", "ask.jsonl", "--result_path",
                    "\(drafts).jsonl",
                    "--max_new_tokens", "40", "--temperature", "0", "--mtp_drafts", drafts,
                ],
                in: folder
            )
            #expect(asked.code == 0, "\(asked.errors)")
            #expect(asked.errors.contains("raw completion: --use_chat_template is false"))
            #expect(asked.errors.contains("drafts accepted") == (drafts == "true"))
            answers.append(try #require(folder.lines(of: "\(drafts).jsonl").first))
        }
        #expect(answers[0]["response"] == " that 3 plus 3 is 6.")
        #expect(answers[1]["response"] == answers[0]["response"])
        let (proposed, accepted) = (answers[1]["drafts"]?["proposed"], answers[1]["drafts"]?["accepted"])
        #expect((proposed?.intValue ?? 0) > 0 && (accepted?.intValue ?? 0) > 0)
        #expect(answers[0]["drafts"] == nil)
    }

    @Test func whatPretrainingSettlesCannotBeAskedForOtherwise() throws {
        let template = try run("pt", "--dataset", "texts.jsonl", "--use_chat_template", "true")
        #expect(template.code == 64)
        #expect(template.errors.contains("--use_chat_template is true; pt has plain text"))
        let scale = try run("pt", "--dataset", "texts.jsonl", "--loss_scale", "last_round")
        #expect(scale.code == 64)
        #expect(scale.errors.contains("--loss_scale is last_round; pt learns all of the text"))
    }

    @Test func draftsNeedTheLayer() throws {
        let model = Golden.path("model/tiny-qwen2")
        try folder.write(#"{"input_ids": [5, 9, 2]}"# + "\n", to: "ids.jsonl")
        let outcome = try BuiltCommand.run(
            ["infer", "--model", model, "--val_dataset", "ids.jsonl", "--mtp_drafts", "true"],
            in: folder
        )
        #expect(outcome.code == 64)
        #expect(
            outcome.errorLines.count == 1
                && outcome.errors.contains("has no layer for multi-token prediction")
        )
    }
}
