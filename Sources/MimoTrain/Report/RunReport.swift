import MimoFiles

/// The one page about a run: what was trained, how it went, and what became of the model's thinking.
///
/// It stands by itself: no script, nothing that is fetched, and a policy that forbids both, since it shows text
/// of rows and models that nobody has vetted.
struct RunReport {
    private let facts: RunFacts
    private let arguments: RunArguments
    private let history: RunHistory
    private let answers: [RetentionAnswer]
    private let outcome: TrainingEvent.Outcome?

    /// A report of what a run's folder holds now.
    ///
    /// - Throws: ``MimoFiles/FileError`` where its logs cannot be read.
    init(
        folder: String,
        _ facts: RunFacts,
        _ arguments: RunArguments,
        _ history: RunHistory,
        outcome: TrainingEvent.Outcome?
    ) throws {
        self.facts = facts
        self.arguments = arguments
        self.history = history
        self.outcome = outcome
        answers = try RetentionAnswer.read("\(folder)/\(RetentionProbe.fileName)")
    }

    /// The page.
    var html: String {
        let name = Folder.name(of: arguments.text("output_dir") ?? "run")
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(HTMLText.escaped(name)) · mimo-sft</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <h1>\(HTMLText.escaped(name))</h1>
            \(status)
            \(alarms)
            <h2>Curves</h2>
            <div class="curves">
            \(RunCurves.images(history).map(\.svg).joined())
            </div>
            \(retention)
            \(samples)
            <h2>Run</h2>
            \(Self.table(facts.facts + hardware))
            \(mask)
            <h2>Options</h2>
            <details><summary>args.json</summary>
            \(Self.table(arguments.fields.filter { !$0.value.isNull }.map { ($0.key, Self.plain($0.value)) }))
            </details>
            </body>
            </html>

            """
    }

    private var status: String {
        let step = history.lastLine?["global_step/max_steps"]?.stringValue ?? "0"
        var parts = ["step \(step)"]
        if let loss = history["loss"]?.points.last { parts.append("loss \(Figure.short(loss.value))") }
        if let loss = history["eval_loss"]?.points.last {
            parts.append("validation loss \(Figure.short(loss.value))")
        }
        if let time = history.lastLine?["elapsed_time"]?.stringValue { parts.append(time) }
        if let best = outcome?.bestCheckpoint { parts.append("best \(Folder.name(of: best))") }
        if let count = outcome?.endedEarlyAfter {
            parts.append("ended early after \(count) evaluations without a better one")
        }
        return #"<p class="status">\#(HTMLText.escaped(parts.joined(separator: " · ")))</p>"#
    }

    private var alarms: String {
        guard let last = history.alarms.last?.step else { return "" }
        let lines = history.alarms.filter { $0.step == last }
            .map { "<li>\(HTMLText.escaped($0.text))</li>" }
        return #"<div class="alarm"><strong>At step \#(last)</strong><ul>\#(lines.joined())</ul></div>"#
    }

    private var retention: String {
        let names = [
            (RetentionCount.closedName, "closed think blocks"),
            (RetentionCount.emptyName, "empty think blocks"),
            (RetentionCount.lengthName, "tokens of thinking"), (RetentionCount.accuracyName, "right answers"),
        ]
        let rows = names.compactMap { name, title -> String? in
            guard let series = history["eval_\(name)"], let first = series.points.first,
                let last = series.points.last
            else { return nil }
            func text(_ value: Double) -> String {
                name == RetentionCount.lengthName
                    ? Figure.fixed(value, 1) : "\(Figure.fixed(value * 100, 0)) %"
            }
            return "<tr><th>\(title)</th><td>\(text(first.value))</td><td>\(text(last.value))</td></tr>"
        }
        guard !rows.isEmpty else { return "" }
        return """
            <h2>Does it still think?</h2>
            <table><tr><th></th><td>before training</td><td>last evaluation</td></tr>\(rows.joined())</table>
            """
    }

    private var samples: String {
        guard let first = answers.first?.step, let last = answers.last?.step, !answers.isEmpty else {
            return ""
        }
        let before = answers.filter { $0.step == first }
        let after = answers.filter { $0.step == last }
        let rows = zip(before, after).prefix(6).map { before, after in
            """
            <tr><td>\(HTMLText.escaped(before.prompt))</td><td>\(Self.answer(before.response))</td>\
            <td>\(first == last ? "" : Self.answer(after.response))</td></tr>
            """
        }
        return """
            <h2>Answers before and after</h2>
            <table class="samples"><tr><th>prompt</th><th>step \(first)</th><th>step \(last)</th></tr>
            \(rows.joined(separator: "\n"))
            </table>
            """
    }

    private static func answer(_ text: String) -> String {
        let parts = ThinkingAnswer(text)
        guard let thinking = parts.thinking else { return HTMLText.escaped(text) }
        let end = parts.isClosed ? "&lt;/think&gt;" : ""
        return #"<span class="think">&lt;think&gt;\#(HTMLText.escaped(thinking))\#(end)</span>"#
            + HTMLText.escaped(parts.answer)
    }

    private var mask: String {
        guard !facts.mask.isEmpty else { return "" }
        let text = facts.mask.map { stretch in
            let title = "weight \(Figure.short(Double(stretch.weight)))"
            return #"<span class="\#(stretch.weight > 0 ? "learned" : "masked")" title="\#(title)">"#
                + "\(HTMLText.escaped(stretch.text))</span>"
        }
        return """
            <h2>What is learned of a row</h2>
            <p>\(HTMLText.escaped(facts.maskOrigin)): the marked text is trained, the rest is context.</p>
            <pre>\(text.joined())</pre>
            """
    }

    private var hardware: [(name: String, text: String)] {
        let machine = Hardware()
        var facts = [
            ("processor", "\(machine.processor), \(machine.cores) cores, \(self.facts.threads) threads used"),
            ("memory", "\(Figure.bytes(machine.memory)) in the machine"), ("system", machine.system),
        ]
        if let peak = history["memory(GiB)"]?.points.map(\.value).max() {
            facts.append(("peak memory of the run", "\(Figure.fixed(peak, 2)) GiB"))
        }
        let speeds = history["tokens_per_second"]?.points.map(\.value).sorted() ?? []
        if !speeds.isEmpty {
            facts.append(("speed", "\(Figure.fixed(speeds[speeds.count / 2], 0)) tokens/s (median)"))
        }
        return facts
    }

    private static func table(_ rows: [(name: String, text: String)]) -> String {
        let lines = rows.map {
            "<tr><th>\(HTMLText.escaped($0.name))</th><td>\(HTMLText.escaped($0.text))</td></tr>"
        }
        return "<table>\(lines.joined(separator: "\n"))</table>"
    }

    private static func plain(_ value: JSON) -> String { value.stringValue ?? value.text() }

    private static let style = """
        :root { color-scheme: light dark; --text: #111827; --soft: #6b7280; --line: #e5e7eb; --back: #ffffff; \
        --mark: #fde68a; }
        @media (prefers-color-scheme: dark) { :root { --text: #e5e7eb; --soft: #9ca3af; --line: #374151; \
        --back: #111827; --mark: #854d0e; } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); \
        max-width: 1320px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; margin-bottom: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
        .status { color: var(--soft); margin-top: .25rem; }
        .alarm { border-left: 4px solid #dc2626; padding: .5rem 1rem; background: color-mix(in srgb, #dc2626 10%, transparent); }
        .alarm ul { margin: .25rem 0 0; }
        .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 460px), 1fr)); gap: 1rem; }
        .curves svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; }
        table { border-collapse: collapse; } th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; \
        border-bottom: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
        th { font-weight: 500; color: var(--soft); white-space: nowrap; }
        .samples { table-layout: fixed; width: 100%; } .think { color: var(--soft); font-style: italic; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; border: 1px solid var(--line); border-radius: 6px; padding: .8rem; }
        .learned { background: var(--mark); } .masked { color: var(--soft); }
        """
}

/// A line of `retention.jsonl`.
struct RetentionAnswer {
    let step: Int
    let prompt: String
    let response: String

    /// Reads the file; none where it is not there.
    static func read(_ path: String) throws -> [RetentionAnswer] {
        guard Folder.exists(path) else { return [] }
        let reader = try LineReader(path: path)
        var answers: [RetentionAnswer] = []
        while let line = try reader.next() {
            guard let json = try? JSON(parsing: line.bytes), let step = AppendedLog.step(of: json),
                let prompt = json["prompt"]?.stringValue, let response = json["response"]?.stringValue
            else { continue }
            answers.append(RetentionAnswer(step: step, prompt: prompt, response: response))
        }
        return answers
    }
}
