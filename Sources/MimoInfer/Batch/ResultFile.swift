#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif
public import MimoFiles

/// A JSONL file to which results are appended, each in one write, so that whatever ends the program leaves all
/// lines before whole.
public final class ResultFile {
    /// The file's path.
    public let path: String
    private let descriptor: Int32

    /// Opens a file for appending; it and the folder that holds it are made where they are not there.
    ///
    /// A last line that was cut off in the middle is ended first, so that it does not swallow the next one.
    ///
    /// - Throws: `FileError` where that cannot be done.
    public init(path: String) throws {
        self.path = path
        try Folder.make(Folder.parent(of: path))
        descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        let size = lseek(descriptor, 0, SEEK_END)
        var last: UInt8 = 0x0a
        if size > 0, pread(descriptor, &last, 1, size - 1) == 1, last != 0x0a { try write([0x0a]) }
    }

    deinit { close(descriptor) }

    /// Appends a value as a line.
    ///
    /// - Throws: `FileError` where the disk does not take it.
    public func append(_ value: JSON) throws {
        try write(Array((value.text() + "\n").utf8))
    }

    private func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { put(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                throw Self.failure("write", path)
            }
        }
    }

    private static func failure(_ action: String, _ path: String) -> FileError {
        .system(path: path, action: action, code: errno)
    }
}

/// The system's `write`, which the type's own method of that name would hide.
private func put(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}
