import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that grows by whole lines: each is written in one call and synced, so a crash loses no earlier line.
final class AppendedLog {
    private let path: String
    private let descriptor: Int32

    /// Opens or makes the file; lines of steps after `step` are cut off, for the run goes on from there.
    init(path: String, keepingStepsThrough step: Int) throws {
        self.path = path
        if Folder.exists(path) { try Self.trim(path, through: step) }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw TrainError.checkpoint(path: path, reason: String(cString: strerror(errno)))
        }
    }

    deinit { close(descriptor) }

    func append(_ line: JSON) throws {
        let bytes = Array((line.text() + "\n").utf8)
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            throw TrainError.checkpoint(
                path: path,
                reason: "cannot be written: \(String(cString: strerror(errno)))"
            )
        }
        fsync(descriptor)
    }

    private static func trim(_ path: String, through step: Int) throws {
        var kept = ""
        let reader = try LineReader(path: path)
        while let line = try reader.next() {
            guard let json = try? JSON(parsing: line.bytes),
                let text = json["global_step/max_steps"]?.stringValue,
                let lineStep = Int(text.prefix { $0 != "/" }), lineStep <= step
            else { continue }
            kept += json.text() + "\n"
        }
        try AtomicFile.write(kept, to: path)
    }
}
