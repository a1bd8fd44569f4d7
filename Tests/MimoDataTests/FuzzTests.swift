import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// Nothing that a file can hold brings the readers down: they give rows or say what is wrong.
///
/// `MIMO_FUZZ_SECONDS` sets how long each test goes on; a second by default.
@Suite struct FuzzTests {
    static let seconds = Double(ProcessInfo.processInfo.environment["MIMO_FUZZ_SECONDS"] ?? "") ?? 1

    /// Calls `body` with one seed after the other until time is up.
    static func fuzz(_ body: (UInt64) throws -> Void) rethrows {
        let end = Date().addingTimeInterval(seconds)
        var seed: UInt64 = 0
        while Date() < end {
            try body(seed)
            seed += 1
        }
    }

    static let seeds: [[UInt8]] = [
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "<think>\n\n</think>\n\na", "loss": true}]}"#,
        #"{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{\"x\": 1}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "1"}], "tools": [{"name": "f", "description": "d"}]}"#,
        #"{"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}], "system": "s"}"#,
        #"{"instruction": "i", "input": "x", "output": "o", "history": [["q", "r"]]}"#,
        #"{"messages": "[{'role': 'user', 'content': 'q\\n'}, {'role': 'assistant', 'content': \"a\"}]"}"#,
        #"{"input_ids": [1, 2, 3], "labels": [-100, 2, 3], "loss_scale": [0, 1.5, 1e-3]}"#,
        #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "t"}]}, {"role": "assistant", "content": [{"type": "tool_use", "name": "f", "input": {}}]}]}"#,
    ].map { Array($0.utf8) }

    static let insertions: [[UInt8]] =
        [
            "{", "}", "[", "]", "\"", ",", ":", "\\", "null", "\\u", "\\ud800", "'", "-1", "1e999", "\n",
            "\r", "role", "\u{0}", "é",
        ].map {
            Array($0.utf8)
        } + [[0xff], [0xc0], [0xf0, 0x9f]]

    /// A row with some bytes changed, cut out, doubled or put in.
    static func mutated(_ seed: UInt64) -> [UInt8] {
        var state = seed
        let next = { (limit: Int) -> Int in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return limit == 0 ? 0 : Int(state >> 33) % limit
        }
        var bytes = seeds[next(seeds.count)]
        for _ in 0...next(6) {
            let place = next(bytes.count)
            switch next(5) {
            case 0: if !bytes.isEmpty { bytes[place] = UInt8(next(256)) }
            case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + next(12)))
            case 2: bytes.insert(contentsOf: insertions[next(insertions.count)], at: place)
            case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + next(40))], at: place)
            default: bytes = Array(bytes.prefix(max(1, bytes.count - next(8))))
            }
        }
        return bytes
    }

    @Test func brokenRowsAreAllAccountedFor() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try ByteTokenizer.make(in: folder)
        try Self.fuzz { seed in
            let rows = (0..<60).map { Self.mutated(seed * 60 + $0) }
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

    @Test func brokenLiteralsAndItemsAreRefusedOrRead() {
        Self.fuzz { seed in
            let text = String(decoding: Self.mutated(seed), as: UTF8.self)
            _ = try? PythonLiteral.parse(text)
            if let value = try? JSON(parsing: text), Self.isFinite(value) {
                // What is written as a literal reads back as itself, but for texts that hold what JSON cannot.
                let back = try? PythonLiteral.parse(PythonLiteral.text(of: value))
                #expect(back == value, "\(text)")
            }
            _ = try? DatasetItem(text)
            _ = try? LossScale(text)
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
        for seed in 0..<200 as Range<UInt64> { try writer.append(Self.mutated(seed) + [0x0a]) }
        try writer.commit()
        let whole = Array(try Data(contentsOf: URL(filePath: folder.file("a.zst"))))
        try Self.fuzz { seed in
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
