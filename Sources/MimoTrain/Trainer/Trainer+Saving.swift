import MimoFiles

extension Trainer {
    var isSaveDue: Bool {
        (options.saveSteps.map { state.step % $0 == 0 } ?? false)
            || (options.savesEpochs && state.step % rows.stepsPerEpoch == 0)
    }

    func save(_ report: (TrainingEvent) -> Disposition) throws {
        let begin = clock.now
        let path = "\(folder)/checkpoint-\(state.step)"
        try TrainingCheckpoint.write(
            to: path,
            tensors,
            state: state.json(totalSteps: totalSteps, epoch: epoch, elapsed: elapsed, folder: folder),
            writeOthers: writeAdapter
        )
        state.pace.save(seconds: Self.seconds(begin.duration(to: clock.now)))
        lastCheckpoint = path
        _ = report(.saved(path: path, step: state.step))
        try removeOld(report)
    }

    /// Removes the earliest checkpoints beyond the limit, but neither the last nor the best.
    func removeOld(_ report: (TrainingEvent) -> Disposition) throws {
        guard let limit = options.saveTotalLimit else { return }
        let all = TrainingCheckpoint.all(in: folder).filter { $0.step <= state.step }
        let kept = all.filter { $0.step == state.step || $0.step == state.best.step }
        let others = all.filter { $0.step != state.step && $0.step != state.best.step }
        for old in others.dropLast(max(0, limit - kept.count)) {
            try Folder.remove(old.path)
            _ = report(.removed(path: old.path))
        }
    }

    /// The checkpoint of the best evaluation; nil where there is none.
    var bestCheckpoint: String? {
        state.best.step.map { "\(folder)/checkpoint-\($0)" }.flatMap { Folder.isFolder($0) ? $0 : nil }
    }
}
