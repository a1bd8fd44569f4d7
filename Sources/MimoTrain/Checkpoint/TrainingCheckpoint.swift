import MimoFiles
import MimoModel
import MimoNumerics

/// The files of a `checkpoint-N` folder that resuming reads; the adapter's own files stand beside them.
enum TrainingCheckpoint {
    static let optimizerFile = "optimizer.safetensors"
    static let stateFile = "trainer_state.json"

    /// Writes a checkpoint folder in one step: it is there whole, or not at all. Its manifest is written last.
    ///
    /// - Parameters:
    ///   - path: The folder.
    ///   - tensors: What is trained, for what the optimizer keeps of it.
    ///   - state: Where the run stands, as `trainer_state.json` keeps it.
    ///   - writeOthers: Writes the adapter and what else belongs beside it into the folder that it is given.
    /// - Throws: Where the disk does not take it; what stood at `path` then still stands.
    static func write(
        to path: String,
        _ tensors: TrainedTensors,
        state: JSON,
        writeOthers: (String) throws -> Void
    ) throws {
        let transaction = try DirectoryTransaction(path: path)
        let folder = transaction.workingPath
        try writeOthers(folder)
        let kept = tensors.state
        let named = Dictionary(kept.map { ($0.name, $0.tensor) }) { first, _ in first }
        let items = SafetensorsWriter.referenceOrder(
            kept.map { .init(name: $0.name, type: .f32, shape: [$0.tensor.rows, $0.tensor.columns]) }
        )
        let writer = try SafetensorsWriter(path: "\(folder)/\(optimizerFile)", items: items)
        for item in items {
            if let tensor = named[item.name] { try writer.append(tensor) }
        }
        try writer.finish()
        try AtomicFile.write(state.text(indent: 2) + "\n", to: "\(folder)/\(stateFile)")
        try CheckpointManifest(of: folder).write(to: folder)
        try transaction.commit(replacing: true)
    }

    /// Reads where the run stood.
    static func state(of path: String) throws -> TrainerState {
        let file = "\(path)/\(stateFile)"
        let bytes = try readFile(file)
        guard let state = TrainerState(try JSON(parsing: bytes)) else {
            throw TrainError.checkpoint(
                path: file,
                reason: "lacks fields that resuming needs; name another checkpoint"
            )
        }
        return state
    }

    /// Reads the optimizer's moments, and values that it keeps, into the tensors.
    static func readMoments(of path: String, into tensors: TrainedTensors) throws {
        let file = try SafetensorsFile(path: "\(path)/\(optimizerFile)")
        let kept = tensors.state
        guard file.tensors.count == kept.count else {
            throw TrainError.checkpoint(
                path: file.path,
                reason: "\(file.tensors.count) tensors; this run's optimizer keeps \(kept.count)"
            )
        }
        for (name, tensor) in kept {
            let read = try file.weight(name)
            guard read.rows == tensor.rows, read.columns == tensor.columns else {
                throw TrainError.checkpoint(
                    path: file.path,
                    reason:
                        "\(name): [\(read.rows), \(read.columns)]; expected [\(tensor.rows), \(tensor.columns)]"
                )
            }
            read.widen(into: tensor)
            read.releasePages()
        }
    }

    /// The checkpoints of a run's folder, the earliest first.
    static func all(in folder: String) -> [(path: String, step: Int)] {
        let names = (try? Folder.names(in: folder)) ?? []
        return names.compactMap { name -> (path: String, step: Int)? in
            guard name.hasPrefix("checkpoint-"), let step = Int(name.dropFirst("checkpoint-".count)) else {
                return nil
            }
            return ("\(folder)/\(name)", step)
        }.sorted { $0.step < $1.step }
    }

    private static func readFile(_ path: String) throws -> [UInt8] {
        let storage = try TensorStorage(mapping: path)
        return storage.bytes(0..<storage.byteCount)
    }
}
