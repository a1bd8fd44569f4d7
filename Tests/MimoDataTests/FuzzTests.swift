import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// Nothing that a file can hold brings the readers down: they give rows or say what is wrong.
@Suite struct FuzzTests {
    static let seeds: [[UInt8]] = [
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\n\n</think>\n\na", "loss": true}]}"#,
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "1"}], "tools": [{"name": "f", "description": "d"}]}"#,
        #"{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "system": "s"}"#,
        #"{"instruction": "i", "input": "x", "output": "o", "history": [["q", "r"]]}"#,
        #"{"messages": "[{'role': 'user', 'content': 'q\\n'}, {'role': 'assistant', 'content': \"a\"}]"}"#,
        #"{"input_ids": [1, 2, 3], "labels": [-100, 2, 3], "loss_scale": [0, 1.5, 1e-3]}"#,
        #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "t"}]}, {"role": "assistant", "content": [{"type": "tool_use", "name": "f", "input": {}}]}]}"#,
    ].map { Array($0.utf8) }

    /// A row with some bytes changed, cut out, doubled or put in.
    static func mutated(_ random: inout SplitMix) -> [UInt8] {
        var bytes = random.one(of: seeds)
        for _ in 0...random.below(6) { random.damage(&bytes) }
        return bytes
    }

    @Test func brokenRowsAreAllAccountedFor() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try ByteTokenizer.make(in: folder)
        try Fuzz.run("rows, sixty a case in four kinds of file") { _, random in
            let rows = (0..<60).map { _ in Self.mutated(&random) }
            for name in ["a.jsonl", "a.json", "a.csv", "a.txt"] {
                let separator = name == "a.json" ? Array(",\n".utf8) : [0x0a]
                let body = Array(rows.joined(separator: separator))
                let path = try folder.write(name == "a.json" ? [0x5b] + body + [0x5d] : body, to: name)
                var options = DatasetOptions()
                options.items = [path]
                options.lineLimit = 400
                let encoder = try RowEncoder(
                    tokenizer: tokenizer,
                    template: RoundTemplate(named: "qwen", tokens: BoundaryTokens(tokenizer)),
                    lossScale: LossScale("hermes+ignore_empty_think+react")
                )
                var count = 0
                let summary = try DataDoctor(DatasetLoader(options: options, encoder: encoder)).check {
                    check in
                    count += 1
                    _ = (check.json.text(), check.lines)
                }
                #expect(summary.report.read == count)
                #expect(summary.report.read == summary.report.kept + summary.report.droppedCount)
            }
        }
    }

    @Test func brokenLiteralsAreRefusedOrRead() {
        Fuzz.run("Python literals") { seed, random in
            let text = String(decoding: Self.mutated(&random), as: UTF8.self)
            _ = try? PythonLiteral.parse(text)
            if let value = try? JSON(parsing: text), Self.isFinite(value) {
                // What is written as a literal reads back as itself, but for texts that hold what JSON cannot.
                let back = try? PythonLiteral.parse(PythonLiteral.text(of: value))
                #expect(back == value, "seed \(seed): \(text)")
            }
        }
    }

    @Test func itemsAndLossScalesAreRefusedOrRead() {
        let items = [
            "a.jsonl", "ms::swift/self-cognition:empty_think#500", "hf::org/name:a/b/c#12", "/tmp/x:y#z#3",
            "C:\\rows.jsonl", "liucong/Chinese-DeepSeek-R1-Distill-data-110k-SFT#1000",
        ]
        let scales = ["default", "last_round+hermes+ignore_empty_think", "all+react+agentflan", "qwen"]
        Fuzz.run("--dataset and --loss_scale") { seed, random in
            for seeds in [items, scales] {
                var bytes = Array(random.one(of: seeds).utf8)
                for _ in 0...random.below(3) { random.damage(&bytes) }
                let text = String(decoding: bytes, as: UTF8.self)
                if let item = try? DatasetItem(text) {
                    #expect(item.dataset.utf8.count <= text.utf8.count, "seed \(seed): \(text)")
                }
                _ = try? LossScale(text)
            }
        }
    }

    /// Numbers too great become infinite, which Python has no literal for.
    static func isFinite(_ value: JSON) -> Bool {
        switch value {
        case .double(let number): number.isFinite
        case .array(let elements): elements.allSatisfy(isFinite)
        case .object(let members): members.values.allSatisfy(isFinite)
        default: true
        }
    }

    @Test func damagedArchivesAreSaid() throws {
        let folder = try TemporaryFolder()
        let writer = try ZstdWriter(path: folder.file("a.zst"))
        var random = SplitMix(seed: 0)
        for _ in 0..<200 { try writer.append(Self.mutated(&random) + [0x0a]) }
        try writer.commit()
        let whole = Array(try Data(contentsOf: URL(filePath: folder.file("a.zst"))))
        try Fuzz.run("zstd") { seed, _ in
            var bytes = whole
            let place = Int(seed &* 2_654_435_761 % UInt64(bytes.count))
            if seed % 2 == 0 {
                bytes[place] ^= UInt8(1 << (seed / 2 % 8))
            } else {
                bytes = Array(bytes[..<place])
            }
            let path = try folder.write(bytes, to: "b.zst")
            do {
                let lines = try LineReader(path: path)
                while try lines.next() != nil {}
            } catch is FileError {}
        }
    }
}
