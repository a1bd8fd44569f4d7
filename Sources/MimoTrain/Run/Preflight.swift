import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a run will need, told before its first step.
public struct Preflight: Sendable, Equatable {
    /// Rows of a pass over the data.
    public var rows: Int
    /// Tokens of a pass over the data.
    public var tokens: Int
    /// How many of these are learned.
    public var countedTokens: Int
    /// Tokens of the longest row.
    public var longest: Int
    /// Rows that evaluations score.
    public var validationRows: Int
    /// Steps of the run.
    public var steps: Int
    /// Tokens of the run, those of steps that are done included.
    public var totalTokens: Int
    /// Bytes of a checkpoint, about.
    public var checkpointBytes: Int
    /// How many checkpoints stand at a time at most, the one that is being written included.
    public var checkpoints: Int
    /// Bytes free where the run writes; nil where that cannot be told.
    public var freeBytes: Int?

    /// Bytes that the checkpoints still to come need.
    public var diskBytes: Int { checkpointBytes * checkpoints }

    /// A line for each part.
    public var description: String {
        let share = Double(countedTokens) * 100 / Double(max(1, tokens))
        let lines = [
            "rows: \(rows) with \(tokens) tokens, \(Figure.fixed(share, 1)) % of them learned, the longest row "
                + "\(longest)" + (validationRows > 0 ? "; \(validationRows) rows to validate with" : ""),
            "steps: \(steps) with \(totalTokens) tokens in all",
            "disk: \(checkpoints) × \(Figure.bytes(checkpointBytes)) for checkpoints"
                + (freeBytes.map { ", \(Figure.bytes($0)) free" } ?? ""),
        ]
        return lines.joined(separator: "\n")
    }

    /// Refuses a run whose checkpoints the disk cannot hold.
    ///
    /// - Parameter folder: Where they go, for the message.
    /// - Throws: ``TrainError/diskTooSmall(folder:needed:free:limit:)``.
    public func check(folder: String) throws {
        guard let freeBytes, freeBytes < diskBytes else { return }
        // A limit of n means n checkpoints and the best, and one that is being written.
        let limit = freeBytes / max(1, checkpointBytes) - 2
        throw TrainError.diskTooSmall(
            folder: folder,
            needed: diskBytes,
            free: freeBytes,
            limit: limit >= 1 && limit + 2 < checkpoints ? limit : nil
        )
    }

    /// Bytes free on the disk of a path or, where it is not there yet, of the first folder above it that is.
    static func freeBytes(at path: String) -> Int? {
        var path = path
        while !Folder.exists(path), Folder.parent(of: path) != path { path = Folder.parent(of: path) }
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }
}
