import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The folder of one run, locked for as long as this value lives.
public struct RunFolder: Sendable {
    /// The folder's path.
    public let path: String
    private let lock: RunLock

    /// Makes the folder of a new run: `OUTPUT/v{N}-{YYYYMMDD-HHMMSS}` with the first free N, or OUTPUT itself.
    ///
    /// - Parameters:
    ///   - output: the folder of the runs.
    ///   - addsVersion: whether the run gets a folder of its own in it.
    /// - Throws: ``MimoFiles/FileError`` where it cannot be made, ``TrainError/checkpoint(path:reason:)`` where
    ///   another run is writing there or has left checkpoints.
    public init(new output: String, addsVersion: Bool) throws {
        guard addsVersion else {
            try Folder.make(output)
            path = output
            lock = try RunLock(folder: output)
            guard TrainingCheckpoint.all(in: output).isEmpty else {
                throw TrainError.checkpoint(
                    path: output,
                    reason: "holds checkpoints of an earlier run; go on with --resume_from_checkpoint true, "
                        + "or choose another --output_dir"
                )
            }
            try DirectoryTransaction.clearLeftovers(in: path, isLocked: true)
            return
        }
        try Folder.make(output)
        var number = (Self.versions(in: output).map(\.number).max() ?? -1) + 1
        let time = Self.timestamp()
        // Another run may take the name first.
        while mkdir("\(output)/v\(number)-\(time)", 0o755) != 0 {
            let path = "\(output)/v\(number)-\(time)"
            guard errno == EEXIST else {
                throw FileError.system(path: path, action: "make folder", code: errno)
            }
            number += 1
        }
        path = "\(output)/v\(number)-\(time)"
        lock = try RunLock(folder: path)
    }

    /// Opens the folder of a run that is to go on.
    ///
    /// - Throws: as ``init(new:addsVersion:)``.
    public init(existing path: String) throws {
        self.path = path
        lock = try RunLock(folder: path)
        try DirectoryTransaction.clearLeftovers(in: path, isLocked: true)
    }

    /// The adapter or model that a path means: itself, or of a run's folder, or of a folder of runs whose newest is
    /// meant, the checkpoint that is best by the run's evaluations, else the last.
    ///
    /// - Parameter path: A folder of an adapter or a model, of a run, or of several runs.
    /// - Returns: The folder of the adapter or model; the path where it holds no checkpoint.
    public static func result(in path: String) -> String {
        // Other trainers leave checkpoints beside the adapter that they ended with.
        guard !["adapter_config.json", "config.json"].contains(where: { Folder.exists("\(path)/\($0)") })
        else {
            return path
        }
        let run = versions(in: path).last?.path ?? path
        guard let last = TrainingCheckpoint.all(in: run).last else { return path }
        let best = (try? TrainingCheckpoint.state(of: last.path))?.best.step
        return best.map { "\(run)/checkpoint-\($0)" }.flatMap { Folder.isFolder($0) ? $0 : nil } ?? last.path
    }

    /// The folders of runs in an output folder, the newest last.
    static func versions(in output: String) -> [(path: String, number: Int)] {
        let names = (try? Folder.names(in: output)) ?? []
        return names.compactMap { name -> (path: String, number: Int)? in
            guard name.hasPrefix("v"), let number = Int(name.dropFirst().prefix { $0 != "-" }),
                Folder.isFolder("\(output)/\(name)")
            else { return nil }
            return ("\(output)/\(name)", number)
        }.sorted { ($0.number, $0.path) < ($1.number, $1.path) }
    }

    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y%m%d-%H%M%S", &parts)
        return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
