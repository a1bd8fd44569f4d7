import MimoFiles

extension TrainingCheckpoint {
    /// Checks that a checkpoint has all that going on from it needs, every file as it was written.
    ///
    /// - Throws: An error that names the file and what is wrong with it.
    static func check(_ path: String) throws {
        let manifest = try CheckpointManifest(readFrom: path)
        for name in [stateFile, optimizerFile]
        where !manifest.files.contains(where: { $0.name == name }) {
            throw TrainError.checkpoint(path: path, reason: "is not whole: it never had a \(name)")
        }
        try manifest.check(path)
    }
}
