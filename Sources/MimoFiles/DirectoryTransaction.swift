#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A folder in the making, such as a checkpoint: its files are written to ``workingPath`` beside its place,
/// and ``commit(replacing:)`` puts the whole folder there in one step.
///
/// Dropping it without a commit removes what was written.
public final class DirectoryTransaction {
    /// Where the finished folder will stand.
    public let path: String
    /// Where its files are to be written meanwhile.
    public let workingPath: String
    private var isOpen = true

    /// Begins a folder beside `path`; the folders above are made.
    ///
    /// - Throws: ``FileError`` where that cannot be written to.
    public init(path: String) throws {
        self.path = path
        workingPath = Folder.besideName(path)
        try Folder.make(Folder.parent(of: path))
        try Folder.make(workingPath)
    }

    deinit { if isOpen { try? Folder.remove(workingPath) } }

    /// Makes all files durable and puts the folder in its place.
    ///
    /// - Parameter replacing: whether a folder that stands there already gives way.
    /// - Throws: ``FileError``; ``FileError/exists(path:)`` where something stands there and is not replaced.
    public func commit(replacing: Bool = false) throws {
        guard isOpen else { throw FileError.exists(path: path) }
        try Folder.syncAll(workingPath)
        let aside = Folder.besideName(path, mark: Self.replacedMark)
        let replaces = Folder.exists(path)
        guard replacing || !replaces else { throw FileError.exists(path: path) }
        if replaces, rename(path, aside) != 0 { throw FileError.last("move away", path) }
        guard rename(workingPath, path) == 0 else {
            let error = FileError.last("write", path)
            if replaces { rename(aside, path) }
            throw error
        }
        isOpen = false
        try Folder.sync(Folder.parent(of: path))
        if replaces { try Folder.remove(aside) }
    }

    /// Clears up what killed processes left in `folder`: unfinished files and folders go; a folder that was
    /// being replaced returns to its place where no new one stands there.
    ///
    /// - Parameters:
    ///   - folder: where to look.
    ///   - isLocked: whether nobody else can be writing there, as whoever holds the folder's lock knows: then a
    ///     leftover goes too whose process number belongs to another process by now.
    /// - Returns: the names that were removed or put back.
    /// - Throws: ``FileError`` where the folder cannot be listed or a leftover not moved.
    @discardableResult
    public static func clearLeftovers(in folder: String, isLocked: Bool = false) throws -> [String] {
        try Folder.names(in: folder).filter { name in
            guard let mark = [Folder.partialMark, replacedMark].first(where: { name.utf8Contains($0) }),
                let range = name.utf8LastRange(of: mark), name.utf8Starts(with: "."),
                let digits = name.utf8Slice(range.upperBound..<name.utf8.count).split(separator: "-").first,
                let process = Int32(digits),
                process > 0, isLocked || (kill(process, 0) != 0 && errno == ESRCH)
            else { return false }
            let original = "\(folder)/\(name.utf8Slice(1..<range.lowerBound))"
            if mark == replacedMark, !Folder.exists(original) {
                guard rename("\(folder)/\(name)", original) == 0 else {
                    throw FileError.last("put back", original)
                }
            } else {
                try Folder.remove("\(folder)/\(name)")
            }
            return true
        }
    }

    private static let replacedMark = ".replaced-"
}
