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
    ///   - choice: What the user asked for; nil results where that is nothing.
    ///   - output: The folder of the runs.
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` where there is none that is whole.
    init?(_ choice: FineTuningOptions.Resume, output: String) throws {
        switch choice {
        case .no: return nil
        case .checkpoint(let path):
            guard Folder.isFolder(path) else {
                throw TrainError.checkpoint(path: path, reason: "there is no such checkpoint folder")
            }
            checkpoint = path
            skipped = []
        case .newest:
            var skipped: [String] = []
            let runs = RunFolder.versions(in: output).map(\.path).reversed() + [output]
            for path in runs.flatMap({ TrainingCheckpoint.all(in: $0).reversed().map(\.path) }) {
                do {
                    try TrainingCheckpoint.check(path)
                    checkpoint = path
                    self.skipped = skipped
                    return
                } catch {
                    skipped.append("\(error)")
                }
            }
            let reasons = skipped.isEmpty ? "" : ": " + skipped.joined(separator: "; ")
            throw TrainError.checkpoint(
                path: output,
                reason: "holds no whole checkpoint to go on from\(reasons)"
            )
        }
    }
}
