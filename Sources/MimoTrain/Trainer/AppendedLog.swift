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

    /// Opens or makes the file. Lines that are not to be kept, and a last one that was cut off, are cut away; what
    /// stays keeps its bytes.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isKept: Asked for each line with its step.
    /// - Throws: ``MimoFiles/FileError`` where the file cannot be written.
    init(path: String, keeping isKept: (_ step: Int, _ line: JSON) -> Bool) throws {
        self.path = path
        if Folder.exists(path) { try Self.trim(path, isKept) }
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw FileError.system(path: path, action: "open", code: errno)
        }
    }

    deinit { close(descriptor) }

    func append(_ line: JSON) throws {
        let bytes = Array((line.text() + "\n").utf8)
        let written = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == bytes.count else {
            // A short write means that the next byte has no room either.
            throw FileError.system(path: path, action: "write", code: written < 0 ? errno : ENOSPC)
        }
        fsync(descriptor)
    }

    /// The step of a line of the log; nil where it is none.
    static func step(of line: JSON) -> Int? {
        line["global_step/max_steps"]?.stringValue.flatMap { Int($0.prefix { $0 != "/" }) }
    }

    private static func trim(_ path: String, _ isKept: (Int, JSON) -> Bool) throws {
        var kept: [UInt8] = []
        let reader = try LineReader(path: path)
        while let line = try reader.next() {
            guard let json = try? JSON(parsing: line.bytes), let step = Self.step(of: json),
                isKept(step, json)
            else { continue }
            kept += line.bytes + [UInt8(ascii: "\n")]
        }
        try AtomicFile.write(kept, to: path)
    }
}
