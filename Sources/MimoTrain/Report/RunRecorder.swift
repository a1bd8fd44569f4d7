import MimoFiles

/// Keeps what people look at in step with a run: TensorBoard's events in `runs/`, curves in `images/` and
/// `report.html`. Nothing here is needed to go on; what cannot be written is a warning, not the run's end.
final class RunRecorder {
    private let folder: String
    private let facts: RunFacts
    private let arguments: RunArguments
    private var events: EventFile?

    init(folder: String, _ facts: RunFacts, _ arguments: RunArguments) {
        self.folder = folder
        self.facts = facts
        self.arguments = arguments
    }

    /// Takes note of an event.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take it.
    func take(_ event: TrainingEvent) throws {
        switch event {
        case .started(let done, _, _):
            events = try EventFile(folder: "\(folder)/runs", keepingStepsThrough: done)
        case .logged(let line): try events?.add(RunHistory.scalars(line.json), step: line.step)
        case .evaluated(let line): try events?.add(RunHistory.scalars(line.json), step: line.step)
        case .saved: try writePages(nil)
        case .finished(let outcome): try writePages(outcome)
        case .step, .evaluating, .removed, .warning: break
        }
    }

    private func writePages(_ outcome: TrainingEvent.Outcome?) throws {
        let history = try RunHistory(log: "\(folder)/logging.jsonl")
        try Folder.make("\(folder)/images")
        for image in RunCurves.images(history) {
            try AtomicFile.write(image.svg, to: "\(folder)/images/\(image.name).svg")
        }
        let report = try RunReport(folder: folder, facts, arguments, history, outcome: outcome)
        try AtomicFile.write(report.html, to: "\(folder)/report.html")
    }
}
