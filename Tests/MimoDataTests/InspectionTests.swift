import Foundation
import MimoData
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

@Suite struct InspectionTests {
    let folder: TemporaryFolder
    let tokenizer: Tokenizer

    init() throws {
        folder = try TemporaryFolder()
        tokenizer = try ByteTokenizer.make(in: folder)
    }

    func loader(
        _ name: String,
        lossScale: String = "default",
        maxLength: Int? = nil,
        truncation: Truncation = .delete
    ) throws -> DatasetLoader {
        var options = DatasetOptions()
        options.items = [folder.file(name)]
        options.lineLimit = 10_000
        options.threads = 2
        var encoding = RowEncoder.Options()
        encoding.maxLength = maxLength
        encoding.truncation = truncation
        let encoder = try RowEncoder(
            tokenizer: tokenizer,
            template: RoundTemplate(named: "qwen", tokens: BoundaryTokens(tokenizer), system: ""),
            lossScale: LossScale(lossScale),
            options: encoding
        )
        return try DatasetLoader(options: options, encoder: encoder)
    }

    static func row(_ messages: String, more: String = "") -> String {
        #"{"messages": [\#(messages)]\#(more)}"#
    }
    static func user(_ text: String) -> String { #"{"role": "user", "content": "\#(text)"}"# }
    static func assistant(_ text: String) -> String { #"{"role": "assistant", "content": "\#(text)"}"# }
    static func pair(_ answer: String) -> String { row(user("q") + ", " + assistant(answer)) }
    static let good = pair("fine")

    struct Defect: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        var reason: RowReport.Reason?
        var kind: RowFinding.Kind?
        var testDescription: String { name }

        init(_ name: String, _ text: String, _ reason: RowReport.Reason) {
            (self.name, bytes, self.reason) = (name, Array(text.utf8), reason)
        }

        init(_ name: String, _ text: String, odd kind: RowFinding.Kind) {
            (self.name, bytes, self.kind) = (name, Array(text.utf8), kind)
        }

        init(_ name: String, bytes: [UInt8], _ reason: RowReport.Reason) {
            (self.name, self.bytes, self.reason) = (name, bytes, reason)
        }
    }

    static let defects: [Defect] = [
        Defect("empty object", "{}", .unknownColumns),
        Defect("missing brace", String(good.dropLast()), .notJSON),
        Defect("missing bracket", good.replacing("]}", with: "}"), .notJSON),
        Defect("something behind the row", good + " x", .notJSON),
        Defect("two rows on a line", good + good, .notJSON),
        Defect("single quotes", good.replacing("\"", with: "'"), .notJSON),
        Defect("trailing comma", good.replacing("]}", with: "],}"), .notJSON),
        Defect("bare word", "row", .notJSON),
        Defect("NaN", #"{"messages": NaN}"#, .badRow),
        Defect("a raw NUL", bytes: Array(good.utf8).map { $0 == UInt8(ascii: ":") ? 0 : $0 }, .notJSON),
        Defect("a bad escape", good.replacing("fine", with: "\\q"), .notJSON),
        Defect("nesting without end", String(repeating: "[", count: 3000), .notJSON),
        Defect(
            "invalid UTF-8",
            bytes: Array(good.utf8).map { $0 == UInt8(ascii: "f") ? 0xff : $0 },
            .notUTF8
        ),
        Defect(
            "overlong UTF-8",
            bytes: Array(#"{"query": ""#.utf8) + [0xc0, 0xaf] + Array(#""}"#.utf8),
            .notUTF8
        ),
        Defect("an array", "[\(good)]", .badRow),
        Defect("a text", #""row""#, .badRow),
        Defect("a number", "5", .badRow),
        Defect("null", "null", .badRow),
        Defect("unknown columns", #"{"foo": "a", "bar": "b"}"#, .unknownColumns),
        Defect("no messages", #"{"messages": []}"#, .badRow),
        Defect("null messages", #"{"messages": null}"#, .badRow),
        Defect("messages of the wrong type", #"{"messages": 5}"#, .badRow),
        Defect("messages of texts", #"{"messages": ["a", "b"]}"#, .badRow),
        Defect("messages in text that is no list", #"{"messages": "hello there"}"#, .badRow),
        Defect("no role", row(#"{"content": "x"}"#), .badRow),
        Defect("an unknown role", row(#"{"role": "alien", "content": "x"}"#), .badRow),
        Defect("a role of the wrong type", row(#"{"role": 1, "content": "x"}"#), .badRow),
        Defect("no content", row(user("q") + #", {"role": "assistant"}"#), .badRow),
        Defect("null content", row(user("q") + #", {"role": "assistant", "content": null}"#), .badRow),
        Defect(
            "a number for content",
            row(user("q") + #", {"role": "assistant", "content": 7}"#),
            .badConversation
        ),
        Defect(
            "an image",
            row(#"{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}"#),
            .badConversation
        ),
        Defect(
            "a system message in the middle",
            row(user("q") + #", {"role": "system", "content": "s"}, "# + assistant("a")),
            .badConversation
        ),
        Defect("only a system message", row(#"{"role": "system", "content": "s"}"#), .badConversation),
        Defect(
            "a tool result out of nowhere",
            row(#"{"role": "tool", "content": "1"}, "# + assistant("a")),
            .badConversation
        ),
        Defect(
            "a call that is no JSON",
            row(user("q") + #", {"role": "tool_call", "content": "add(1)"}"#),
            .badConversation
        ),
        Defect(
            "a loss of the wrong type",
            row(user("q") + #", {"role": "assistant", "content": "a", "loss": "no"}"#),
            .badConversation
        ),
        Defect(
            "a negative loss scale",
            row(user("q") + #", {"role": "assistant", "content": "a", "loss_scale": -1}"#),
            .badConversation
        ),
        Defect(
            "tools that are no objects",
            row(user("q") + ", " + assistant("a"), more: #", "tools": [5]"#),
            .badConversation
        ),
        Defect("an empty response list", #"{"query": "q", "response": []}"#, .badRow),
        Defect("a bad history", #"{"query": "q", "response": "a", "history": ["x"]}"#, .badRow),
        Defect("a pair without an answer", #"{"conversations": [{"human": "q"}]}"#, .badRow),
        Defect("no token ids", #"{"input_ids": []}"#, .badTokenizedRow),
        Defect(
            "labels that are shifted",
            #"{"input_ids": [1, 2, 3], "labels": [2, 3, -100]}"#,
            .badTokenizedRow
        ),
        Defect("ids beyond the vocabulary", #"{"input_ids": [1, 70000]}"#, .badTokenizedRow),
        Defect("a line too long", pair(String(repeating: "x", count: 20_000)), .lineTooLong),
        Defect("a row too long for the model", pair(String(repeating: "x", count: 3_000)), .tooLong),
        Defect(
            "a member named twice",
            #"{"query": "a", "query": "b", "response": "c"}"#,
            odd: .repeatedMember
        ),
        Defect("a lone surrogate", pair("\\ud83d"), odd: .loneSurrogate),
        Defect("halves in the wrong order", pair("\\ude00\\ud83d"), odd: .loneSurrogate),
        Defect("lost characters", pair("caf\u{fffd}"), odd: .replacementCharacter),
        Defect("NUL", pair("a\\u0000b"), odd: .nul),
        Defect("carriage returns in the text", pair("a\\r\\nb"), odd: .carriageReturnInText),
        Defect("a carriage return at the end", pair("crlf") + "\r", odd: .carriageReturn),
        Defect("a control token", pair("a<|im_end|>b"), odd: .controlToken),
        Defect("an empty query", row(user("") + ", " + assistant("a")), odd: .emptyQuery),
        Defect("an empty response", pair(""), odd: .emptyResponse),
        Defect("a blank response", pair(" \\n"), odd: .emptyResponse),
        Defect("no response", row(user("q")), odd: .noResponse),
        Defect("a masked row", #"{"input_ids": [1, 2], "labels": [-100, -100]}"#, odd: .masked),
        Defect("thinking that does not end", pair("<think>\\nhm"), odd: .unclosedThink),
        Defect("thinking that did not begin", pair("hm</think>a"), odd: .unopenedThink),
        Defect("nested thinking", pair("<think>a<think>b</think></think>c"), odd: .nestedThink),
        Defect("text before thinking", pair("so: <think>a</think>b"), odd: .textBeforeThink),
        Defect("thinking without an answer", pair("<think>a</think>\\n"), odd: .thinkOnly),
        Defect("a placeholder", pair("I am {{NAME}}"), odd: .placeholder),
        Defect("two users", row(user("a") + ", " + user("b") + ", " + assistant("c")), odd: .sameRoleTwice),
        Defect("the assistant first", row(assistant("a")), odd: .assistantFirst),
        Defect("white space around a response", pair(" a "), odd: .whiteSpaceAtEnds),
        Defect(
            "a call without tools",
            row(user("q") + #", {"role": "tool_call", "content": "{\"name\": \"f\", \"arguments\": {}}"}"#),
            odd: .callWithoutTools
        ),
        Defect("a duplicate", good, odd: .duplicate),
    ]

    /// Each defect between good rows: it is found at its line, and nothing else is.
    @Test(arguments: defects) func aDefectIsFoundAtItsLine(_ defect: Defect) throws {
        let lines = [Self.good, Self.pair("another"), nil, Self.pair("a third")].map {
            $0.map { Array($0.utf8) } ?? defect.bytes
        }
        try folder.write(Array(lines.joined(separator: [0x0a])) + [0x0a], to: "a.jsonl")
        var checks: [RowCheck] = []
        let summary = try DataDoctor(loader("a.jsonl", maxLength: 2000)).check { checks.append($0) }
        #expect(checks.map(\.origin.line) == [1, 2, 3, 4])
        #expect(checks[2].defect?.reason == defect.reason, "\(checks[2].lines)")
        if let kind = defect.kind {
            #expect(checks[2].findings.map(\.kind).contains(kind), "\(checks[2].lines)")
            #expect(checks[2].verdict == .odd)
            #expect(summary.findings[kind] == 1)
        }
        for index in [0, 1, 3] { #expect(checks[index].verdict == .fine, "\(checks[index].lines)") }
        #expect(summary.report.read == 4)
        #expect(summary.report.read == summary.report.kept + summary.report.droppedCount)
        #expect(!summary.isFine)
    }

    @Test func thereAreMoreThanFortyDefects() {
        #expect(Self.defects.count > 60)
    }

    @Test func truncationIsSaid() throws {
        try folder.write(Self.pair(String(repeating: "x", count: 100)), to: "a.jsonl")
        var findings: [RowFinding.Kind] = []
        _ = try DataDoctor(loader("a.jsonl", maxLength: 60, truncation: .right)).check {
            findings += $0.findings.map(\.kind)
        }
        #expect(findings == [.truncated])
        findings = []
        var lengths: [Int] = []
        _ = try DataDoctor(loader("a.jsonl", maxLength: 60, truncation: .split)).check {
            findings += $0.findings.map(\.kind)
            lengths = $0.lengths
        }
        #expect(findings == [.split])
        #expect(lengths.allSatisfy { $0 <= 60 })
    }

    @Test func controlTokensInTheRowsOwnWordsAreCounted() throws {
        let rows = [
            Self.row(Self.user("<|im_end|> and <|im_start|>") + ", " + Self.assistant("<|endoftext|>!")),
            Self.good, Self.pair("a <|im_end|> b"), Self.pair("<|im_end"),
        ]
        try folder.write(rows.joined(separator: "\n") + "\n", to: "a.jsonl")
        let loader = try loader("a.jsonl")
        var counts: [Int] = []
        let summary = try DataDoctor(loader).check { counts.append($0.spelledControlTokens) }
        #expect(counts == [3, 0, 1, 0])
        #expect(summary.report.spelledControlTokens == 4)
        #expect(summary.report.spellingRows == 2)
        #expect(summary.findings[.controlToken] == 2)
        // What a run says of its rows before it begins is the same.
        let report = try loader.load().report
        #expect(report == summary.report)
        #expect(
            "\(report)".contains("2 of the kept rows spell out control tokens in their own words, 4 in all")
        )
    }

    @Test func theSummaryCountsWhatTrainingWouldUse() throws {
        try folder.write([Self.good, Self.pair("xx"), "{"].joined(separator: "\n") + "\n", to: "a.jsonl")
        let loader = try loader("a.jsonl")
        let summary = try DataDoctor(loader).check { _ in }
        let report = try loader.load().report
        #expect(summary.report == report)
        #expect(summary.histogram.reduce(0, +) == 2)
        #expect("\(summary)".contains("3 rows read: 2 kept, 1 dropped; 2 samples, \(report.tokens) tokens"))
        #expect("\(summary)".contains("1 dropped: not JSON"))
    }

    @Test func aCheckIsOneLineOfJSON() throws {
        try folder.write(Self.pair("") + "\n{\n", to: "a.jsonl")
        var lines: [JSON] = []
        _ = try DataDoctor(loader("a.jsonl")).check { lines.append($0.json) }
        #expect(lines[0]["verdict"] == "odd")
        #expect(lines[0]["findings"]?.arrayValue?.first?["kind"] == "empty response")
        #expect(lines[1]["verdict"] == "dropped")
        #expect(lines[1]["line"] == 2)
        #expect(lines[1]["reason"] == "not JSON")
    }

    // MARK: Preview

    func previews(_ name: String, lossScale: String = "default", rows: Range<Int>? = nil) throws
        -> [RowPreview]
    {
        var previews: [RowPreview] = []
        try DatasetInspector(loader(name, lossScale: lossScale)).forEachRow(in: rows) { _, _, result in
            previews += try result.get().map { RowPreview($0, tokenizer: tokenizer) }
        }
        return previews
    }

    @Test func aPreviewShowsTheTrainersSamples() throws {
        try folder.write(
            [Self.pair("<think>\\n\\n</think>\\n\\n答 <tool_call>x</tool_call>"), Self.good].joined(
                separator: "\n"
            ),
            to: "a.jsonl"
        )
        let loader = try loader("a.jsonl", lossScale: "hermes+ignore_empty_think")
        let sample = try loader.load().train
        let preview = try #require(try previews("a.jsonl", lossScale: "hermes+ignore_empty_think").first)
        let samples = try (0..<2).map { try sample.sample($0) }
        let own = try #require(samples.first { $0.origin.line == 1 })
        #expect(preview.json["input_ids"]?.arrayValue?.compactMap(\.intValue) == own.ids.map(Int.init))
        #expect(preview.json["labels"]?.arrayValue?.compactMap(\.intValue) == own.labels.map(Int.init))
        #expect(
            preview.json["loss_scale"]?.arrayValue?.compactMap(\.doubleValue)
                == own.lossScale?.map(Double.init)
        )
        #expect(preview.pieces.map(\.text).joined() == tokenizer.decode(own.ids))
        #expect(preview.pieces.reduce(0) { $0 + $1.tokens } == own.ids.count)
        let learned = preview.pieces.filter { $0.weight > 0 }
        #expect(learned.map(\.text) == ["答 ", "<tool_call>x</tool_call>", "<|im_end|>\n"])
        #expect(learned.map(\.weight) == [1, 2, 1])
        #expect(preview.pieces.contains { $0.rule == "ignore_empty_think" && $0.weight == 0 })
        let terminal = preview.terminal(colored: false)
        #expect(terminal.contains("【答 】【<tool_call>x</tool_call>】【<|im_end|>↵\n】"))
        #expect(terminal.contains("weight 2: hermes, 24 tokens"))
    }

    /// Whatever stands in a row, its preview is what the trainer gets: the same ids, the whole text, all tokens.
    @Test(arguments: ["default", "hermes+ignore_empty_think", "all+react"])
    func previewsOfHostileRowsAreTheTrainersSamples(lossScale: String) throws {
        var random = SplitMix(seed: 29)
        let parts =
            TokenizationTests.pieces + ["<b>", "&amp;", "\u{1b}[31m", "\u{202e}", "\0", "\u{9b}", "\""]
        let rows = (0..<150).map { _ -> JSON in
            let text = { JSON.string((0..<random.below(12)).map { _ in random.one(of: parts) }.joined()) }
            return [
                "messages": [
                    ["role": "system", "content": text()], ["role": "user", "content": text()],
                    ["role": "assistant", "content": text()], ["role": "user", "content": text()],
                    ["role": "assistant", "content": text()],
                ]
            ]
        }
        try folder.write(rows.map { $0.text() }.joined(separator: "\n"), to: "a.jsonl")
        let loaded = try loader("a.jsonl", lossScale: lossScale).load()
        let previews = try previews("a.jsonl", lossScale: lossScale)
        let samples = try (0..<loaded.train.count).map { try loaded.train.sample($0) }
            .sorted { $0.origin.line < $1.origin.line }
        #expect(previews.count == 150 && samples.count == 150)
        for (preview, sample) in zip(previews, samples) {
            #expect(preview.json["input_ids"] == .array(sample.ids.map { .int(Int64($0)) }))
            #expect(preview.json["labels"] == .array(sample.labels.map { .int(Int64($0)) }))
            #expect(preview.pieces.reduce(0) { $0 + $1.tokens } == sample.ids.count)
            let text = preview.pieces.map(\.text).joined()
            #expect(text.utf8.elementsEqual(tokenizer.decode(sample.ids).utf8), "line \(sample.origin.line)")
            let learned = preview.pieces.filter { $0.weight > 0 }.reduce(0) { $0 + $1.tokens }
            #expect(learned == sample.countedTokens)
        }
        #expect(loaded.report.countedTokens == samples.reduce(0) { $0 + $1.countedTokens })
    }

    @Test func onlyTheRowsAskedForAreShown() throws {
        try folder.write((0..<5).map { Self.pair("a\($0)") }.joined(separator: "\n"), to: "a.jsonl")
        #expect(try previews("a.jsonl", rows: 1..<3).map(\.origin.line) == [2, 3])
    }

    /// A row cannot script the page or steer the terminal.
    @Test(
        arguments: [
            "<script>alert(1)</script>", "</pre><img src=x onerror=alert(1)>", "\\\" onmouseover=\\\"x",
            "' x='", "\\u001b[31m\\u001b]0;t\\u0007",
            "\\u202egnp.exe", "\\u009b31m", "&lt;b&gt;", "]]>", "\\u0000",
        ]
    )
    func hostileRowsStayText(answer: String) throws {
        try folder.write(Self.row(Self.user(answer) + ", " + Self.assistant(answer)), to: "a.jsonl")
        let preview = try #require(try previews("a.jsonl").first)
        var page = PreviewPage()
        page.append(preview)
        page.append(RowOrigin(path: "<script>", line: 1), DataError.badRow("<script>"))
        let html = page.html
        let tags = html.split(separator: "<").dropFirst().map {
            $0.prefix { $0.isLetter || $0 == "/" || $0 == "!" }
        }
        let allowed: Set<Substring> = [
            "!DOCTYPE", "html", "/html", "head", "/head", "meta", "title", "/title", "style", "/style",
            "body", "/body", "p", "/p", "span",
            "/span", "section", "/section", "h", "/h", "pre", "/pre",
        ]
        #expect(Set(tags).subtracting(allowed).isEmpty)
        #expect(!html.contains("onmouseover=\""))
        for text in [html, preview.terminal(colored: false)] {
            let hostile = text.unicodeScalars.filter {
                ($0.value < 0x20 && $0 != "\n") || (0x7f...0x9f).contains($0.value)
                    || (0x202a...0x202e).contains($0.value)
            }
            #expect(hostile.isEmpty)
        }
        #expect(
            preview.terminal(colored: true).unicodeScalars.count { $0 == "\u{1b}" } == 2
                * (preview.pieces.count + preview.rules.count)
        )
    }
}
