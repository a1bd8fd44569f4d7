import MimoFiles

/// The checkpoint that a run goes on from.
struct ResumePoint {
    /// Its folder.
    let checkpoint: String
    /// Newer ones that were passed over, with the reasons.
    let skipped: [String]

    /// Finds it.
    ///
    /// - Parameters:
    ///   - choice: What the user asked for; nil results where that is nothing, or there is none yet.
    ///   - output: The folder of the runs.
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` where there is none that is whole.
    init?(_ choice: FineTuningOptions.Resume, output: String) throws {
        switch choice {
        case .no: return nil
        case .checkpoint(let path):
            guard Folder.isFolder(path) else {
                throw TrainError.checkpoint(path: path, reason: "there is no such checkpoint folder")
            }
            let inside = TrainingCheckpoint.all(in: path).reversed().map(\.path)
            guard !inside.isEmpty else {
                try TrainingCheckpoint.check(path)
                (checkpoint, skipped) = (path, [])
                return
            }
            (checkpoint, skipped) = try Self.newest(of: inside, in: path)
        case .newest:
            let run = RunFolder.versions(in: output).last?.path ?? output
            let all = TrainingCheckpoint.all(in: run).reversed().map(\.path)
            // A run that ended before its first checkpoint is begun again, so that one command both starts a
            // run and goes on with it.
            guard !all.isEmpty else { return nil }
            (checkpoint, skipped) = try Self.newest(of: all, in: run)
        }
    }

    /// The first of the checkpoints that is whole, and why those before it are not.
    private static func newest(
        of paths: [String],
        in folder: String
    ) throws -> (checkpoint: String, skipped: [String]) {
        var skipped: [String] = []
        for path in paths {
            do {
                try TrainingCheckpoint.check(path)
                return (path, skipped)
            } catch {
                skipped.append("\(error)")
            }
        }
        throw TrainError.checkpoint(
            path: folder,
            reason: "holds no whole checkpoint to go on from: \(skipped.joined(separator: "; "))"
        )
    }
}
