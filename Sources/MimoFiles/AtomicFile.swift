#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A file in the making: it is written beside its place and takes it in one step, so that whoever looks sees
/// the old file or the new one, whenever the process is killed.
///
/// Dropping it without ``commit()`` removes what was written.
public final class AtomicFile {
    /// Where the finished file will stand.
    public let path: String
    private let temporary: String
    private var descriptor: Int32

    /// Begins a file beside `path`.
    ///
    /// - Throws: ``FileError`` where the folder does not take a new file.
    public init(path: String) throws {
        self.path = path
        temporary = Folder.besideName(path)
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.last("create", path) }
    }

    deinit { discard() }

    /// Writes `bytes` behind what was appended before.
    ///
    /// - Throws: ``FileError`` where the disk does not take them; the unfinished file is removed then.
    public func append(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try append($0) }
    }

    /// Writes `bytes` behind what was appended before.
    public func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard descriptor >= 0 else { throw FileError.system(path: path, action: "write", code: EBADF) }
        var written = 0
        while written < bytes.count {
            let count = writeOnce(descriptor, UnsafeRawBufferPointer(rebasing: bytes[written...]))
            if count >= 0 {
                written += count
            } else if errno != EINTR {
                throw failure("write")
            }
        }
    }

    /// Makes the bytes durable and puts the file in its place.
    ///
    /// - Throws: ``FileError``; the unfinished file is removed and the old one, if any, still stands.
    public func commit() throws {
        guard fsync(descriptor) == 0 else { throw failure("write") }
        let closed = close(descriptor)
        descriptor = -1
        guard closed == 0, rename(temporary, path) == 0 else {
            let error = FileError.last("write", path)
            unlink(temporary)
            throw error
        }
        try Folder.sync(Folder.parent(of: path))
    }

    /// Writes a whole file in one go.
    ///
    /// - Throws: ``FileError``; the old file, if any, then still stands.
    public static func write(_ bytes: [UInt8], to path: String) throws {
        let file = try AtomicFile(path: path)
        try file.append(bytes)
        try file.commit()
    }

    /// Writes a whole text file in one go.
    public static func write(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: path)
    }

    private func failure(_ action: String) -> FileError {
        let error = FileError.last(action, path)
        discard()
        return error
    }

    private func discard() {
        guard descriptor >= 0 else { return }
        close(descriptor)
        descriptor = -1
        unlink(temporary)
    }
}

/// The system's `write`, which the type's own methods of that name would hide.
private func writeOnce(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}
