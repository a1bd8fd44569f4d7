import Foundation
import MimoFiles
import MimoTestSupport
import Testing

/// The model that comes with the program.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StarterModelTests {
    private static let note =
        "no --model: using MiMo-Nano, the starter model; for a real run pass --model FOLDER, such as MiMo-7B-RL"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        let rows = [
            #"{"query": "What is 7 + 8?", "answer": 15}"#, #"{"query": "8加9等于多少？", "answer": 17}"#,
        ]
        try folder.write(rows.joined(separator: "\n") + "\n", to: "rows.jsonl")
    }

    @Test func itThinksAndAnswersWhereNoModelIsNamed() throws {
        try folder.write("{\"query\": \"What is 7 + 8?\"}\n{\"query\": \"8加9等于多少？\"}\n", to: "asked.jsonl")
        let outcome = try BuiltCommand.run(
            [
                "infer", "--val_dataset", "asked.jsonl", "--temperature", "0", "--result_path",
                "answers.jsonl",
            ],
            in: folder
        )
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errorLines.filter { $0 == Self.note }.count == 1, "\(outcome.errors)")
        let answers = try folder.lines(of: "answers.jsonl").compactMap { $0["response"]?.stringValue }
        #expect(
            answers == [
                "<think>\n7+8\n7+8=15\n=15\n</think>\n\n7 + 8 = 15.",
                "<think>\n8+9\n8+9=17\n=17\n</think>\n\n8 + 9 = 17。",
            ]
        )
    }

    @Test func itSolvesWhatItHasNotSeenWhereItThinksAndItsDraftsAreAccepted() throws {
        // Forty problems that were kept out of its training.
        let path = Golden.path("nano/problems.jsonl")
        let asked = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .map { try JSON(parsing: String($0)) }
        func answers(_ options: [String], _ name: String) throws -> [JSON] {
            let outcome = try BuiltCommand.run(
                [
                    "infer", "--val_dataset", path, "--temperature", "0", "--max_new_tokens", "200",
                    "--result_path", name,
                ] + options,
                in: folder
            )
            #expect(outcome.code == 0, "\(outcome.errors)")
            return try folder.lines(of: name)
        }
        func right(_ answers: [JSON]) -> Int {
            zip(asked, answers).count { row, answer in
                let response = answer["response"]?.stringValue ?? ""
                let said = response.split(separator: "</think>").last ?? ""
                return said.matches(of: #/[0-9]+/#).last.map { String($0.0) } == row["answer"]?.stringValue
            }
        }
        let plain = try answers([], "plain.jsonl")
        #expect(right(plain) >= 38)
        #expect(right(try answers(["--response_prefix", "<think>\n\n</think>\n\n"], "skipped.jsonl")) <= 8)

        let drafted = try answers(["--mtp_drafts", "true"], "drafted.jsonl")
        #expect(drafted.map { $0["response"] } == plain.map { $0["response"] })
        func sum(_ key: String) -> Int {
            drafted.reduce(0) { $0 + ($1["drafts"]?[key]?.intValue ?? 0) }
        }
        #expect(sum("proposed") > 500)
        // Its card says 99.7 %, of more problems.
        #expect(Double(sum("accepted")) >= 0.98 * Double(sum("proposed")))
    }

    @Test func itLearnsANewNameAndStillThinks() throws {
        let training = try BuiltCommand.run(
            [
                "--dataset", "\(StarterRun.rows):empty_think", "--loss_scale", "ignore_empty_think",
                "--model_name", "swift-robot", "--model_author", "swift", "--num_train_epochs", "10",
                "--learning_rate", "1e-3", "--output_dir", "output", "--add_version", "false",
            ],
            in: folder
        )
        #expect(training.code == 0, "\(training.errors)")
        #expect(training.errorLines.filter { $0 == Self.note }.count == 1, "\(training.errors)")
        try folder.write("What is your name?\nWhat is 7 + 8?\nexit\n", to: "questions.txt")
        let chat = try BuiltCommand.run(
            ["infer", "--adapters", "output", "--temperature", "0"],
            in: folder,
            after: "exec < questions.txt"
        )
        #expect(chat.code == 0, "\(chat.errors)")
        #expect(!chat.errors.contains(Self.note), "\(chat.errors)")
        #expect(chat.output.contains("swift-robot"), "\(chat.output)")
        #expect(chat.output.contains("<think>\n7+8"), "\(chat.output)")
    }

    @Test func itIsFoundWhereAnInstallationPutsIt() throws {
        let share = folder.file("prefix/share/mimo-sft")
        for path in [folder.file("prefix/bin"), share] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        // Copied by a process of its own: what other tests start meanwhile would hold a copy open that is written here,
        // and it could not be run.
        func check() throws -> BuiltCommand.Outcome {
            try BuiltCommand.run(
                ["data", "check", "--dataset", "rows.jsonl"],
                in: folder,
                after: #"cp "$1" prefix/bin/mimo-sft; shift; set -- prefix/bin/mimo-sft "$@""#
            )
        }
        let without = try check()
        #expect(without.code == 64)
        #expect(without.errors.contains("stands neither in"), "\(without.errors)")
        try FileManager.default.createSymbolicLink(
            atPath: "\(share)/MiMo-Nano",
            withDestinationPath: StarterRun.model
        )
        let with = try check()
        #expect(with.errors.contains(Self.note), "\(with.errors)")
        #expect(!with.errors.contains("is missing"), "\(with.errors)")
    }
}
