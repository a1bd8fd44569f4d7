import MimoData
import MimoFiles
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct RunReportTests {
    @Test("Whatever rows, answers and options say, the page has no markup of theirs and fetches nothing")
    func hostile() throws {
        let folder = try TemporaryFolder()
        let evil =
            "</td></pre><script>alert(1)</script><img src=x onerror='alert(2)'>\" onload=\"x\u{0}\u{202e}"
        try folder.write(
            JSON.object(
                [
                    ("global_step/max_steps", "1/2"), ("loss", 1.5), ("elapsed_time", .string(evil)),
                    ("alarms", [.string(evil)]),
                ].object
            ).text() + "\n",
            to: "logging.jsonl"
        )
        try folder.write(
            JSON.object(
                [
                    ("global_step/max_steps", "0/2"), ("prompt", .string(evil)),
                    ("response", .string("<think>\(evil)</think>\(evil)")),
                ].object
            ).text() + "\n",
            to: "retention.jsonl"
        )
        var facts = RunFacts()
        facts.facts = [(evil, evil)]
        facts.mask = [RunFacts.Stretch(text: evil, weight: 1)]
        facts.maskOrigin = evil
        let arguments = RunArguments([("system", .string(evil)), (evil, .string(evil))].object)
        let page = try RunReport(
            folder: folder.path,
            facts,
            arguments,
            RunHistory(log: folder.file("logging.jsonl")),
            outcome: .init(
                lastCheckpoint: evil,
                bestCheckpoint: evil,
                endedEarlyAfter: nil,
                wasStopped: false
            )
        ).html
        #expect(page.contains("alert(1)"))
        for markup in [
            "<script", "<img", "onerror='", "onload=\"", "\u{0}", "\u{202e}", "<link", "@import", "url(",
        ] {
            #expect(!page.contains(markup), "\(markup)")
        }
        #expect(page.contains(#"content="default-src 'none'; style-src 'unsafe-inline'""#))
        // Every tag is one of the page's own.
        let tags = Set(
            page.split(separator: "<").dropFirst().map { $0.prefix { $0.isLetter || $0 == "/" || $0 == "!" } }
        )
        let own = [
            "html", "head", "meta", "title", "style", "body", "h", "p", "div", "strong", "ul", "li", "svg",
            "rect",
            "text", "path", "circle", "table", "tr", "th", "td", "pre", "span", "details", "summary",
        ]
        #expect(tags.subtracting(own.flatMap { [$0[...], "/\($0)"[...]] } + ["!DOCTYPE"]).isEmpty)
    }

    @Test(
        "Ticks are round, and span the values",
        arguments: [
            [0, 1], [1.5, 1.5], [0, 0], [-3, 12.7], [1e-5, 9e-5], [120_000, 130_500], [0.39, 6.69],
        ]
    )
    func ticks(values: [Double]) {
        let ticks = CurveImage.ticks(values)
        #expect((2...12).contains(ticks.count))
        #expect((ticks.first ?? 0) <= (values.min() ?? 0) + 1e-12)
        #expect((ticks.last ?? 0) >= (values.max() ?? 0) - 1e-12)
        #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test("A log is read as series, whatever else stands in it")
    func history() throws {
        let log = try TemporaryFolder()
        try log.write(
            "{\"global_step/max_steps\": \"1/4\", \"loss\": 2.0}\nnot JSON\n"
                + "{\"global_step/max_steps\": \"2/4\", \"eval_loss\": 1.0, \"alarms\": [\"a\"]}\n",
            to: "logging.jsonl"
        )
        let history = try RunHistory(log: log.file("logging.jsonl"))
        #expect(history["loss"]?.points.map(\.value) == [2])
        #expect(history["eval_loss"]?.points.map(\.step) == [2])
        #expect(history.alarms.map(\.text) == ["a"])
        #expect(
            RunHistory.scalars(["loss": 2.0, "eval_loss": 1.0, "elapsed_time": "1s"]).map(\.tag)
                == ["train/loss", "eval/loss"]
        )
    }

    @Test(
        "Numbers are written as people read them",
        arguments: [
            (0, "0"), (1.23456, "1.2346"), (9.81e-5, "9.81e-5"), (12.345, "12.35"), (123.4, "123"), (3, "3"),
            (-0.5, "-0.5000"),
        ] as [(Double, String)]
    )
    func figures(value: Double, text: String) {
        #expect(Figure.short(value) == text)
    }

    @Test(
        "Bytes are written in their unit",
        arguments: [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 << 30, "3.0 GiB")]
    )
    func bytes(count: Int, text: String) {
        #expect(Figure.bytes(count) == text)
    }
}

extension [(String, JSON)] {
    fileprivate var object: JSONObject { JSONObject(self) }
}
