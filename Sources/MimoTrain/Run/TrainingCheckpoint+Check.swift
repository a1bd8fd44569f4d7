import MimoFiles
import MimoModel

extension TrainingCheckpoint {
    /// Checks that a checkpoint has all that going on from it needs, and that no file was cut off.
    ///
    /// - Throws: An error that names the file and what is wrong with it.
    static func check(_ path: String) throws {
        _ = try state(of: path)
        for name in [optimizerFile, "adapter_model.safetensors"] {
            _ = try SafetensorsFile(path: "\(path)/\(name)")
        }
        for name in ["adapter_config.json"] where !Folder.exists("\(path)/\(name)") {
            throw TrainError.checkpoint(path: path, reason: "holds no \(name)")
        }
    }
}
