import MimoFiles
import MimoModel

extension TrainingCheckpoint {
    /// Checks that a checkpoint has all that going on from it needs, and that no file was cut off.
    ///
    /// - Throws: An error that names the file and what is wrong with it.
    static func check(_ path: String) throws {
        _ = try state(of: path)
        _ = try SafetensorsFile(path: "\(path)/\(optimizerFile)")
        // A model of its own, where all of it was trained.
        if Folder.exists("\(path)/config.json") {
            _ = try Checkpoint(directory: path)
            return
        }
        _ = try SafetensorsFile(path: "\(path)/adapter_model.safetensors")
        for name in ["adapter_config.json"] where !Folder.exists("\(path)/\(name)") {
            throw TrainError.checkpoint(path: path, reason: "holds no \(name)")
        }
    }
}
