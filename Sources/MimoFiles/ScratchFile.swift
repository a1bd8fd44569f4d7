#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// A file without a name that holds what does not fit in memory; the system removes it with the process.
public final class ScratchFile: Sendable {
    private let folder: String
    private let descriptor: Int32

    /// Makes an empty file.
    ///
    /// - Parameter folder: where; nil for `TMPDIR`, else `/var/tmp`, which is on a disk where `/tmp` may be
    ///   memory.
    /// - Throws: ``FileError`` where the folder does not take a new file.
    public init(in folder: String? = nil) throws {
        let folder = folder ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        self.folder = folder
        let name = Folder.besideName("\(folder)/mimo-sft")
        descriptor = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.last("create a scratch file", folder) }
        unlink(name)
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// Writes words at an offset.
    ///
    /// - Parameters:
    ///   - words: what is written.
    ///   - offset: where, in words.
    /// - Throws: ``FileError`` where the disk does not take them.
    public func write(_ words: [UInt32], at offset: Int) throws {
        try words.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
                let count = pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset * 4 + done))
                if count >= 0 {
                    done += count
                } else if errno != EINTR {
                    throw FileError.last("write a scratch file", folder)
                }
            }
        }
    }

    /// Reads words.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - offset: from where, in words.
    /// - Returns: the words.
    /// - Throws: ``FileError`` where they cannot be read.
    public func read(_ count: Int, at offset: Int) throws -> [UInt32] {
        try [UInt32](unsafeUninitializedCapacity: count) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            var done = 0
            while done < count * 4 {
                let got = pread(
                    descriptor,
                    bytes.baseAddress.map { $0 + done },
                    count * 4 - done,
                    off_t(offset * 4 + done)
                )
                if got > 0 {
                    done += got
                } else if got == 0 {
                    throw FileError.damaged(path: folder, reason: "a scratch file is shorter than it was")
                } else if errno != EINTR {
                    throw FileError.last("read a scratch file", folder)
                }
            }
            initialized = count
        }
    }
}
