import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Keeps two processes from writing one run's folder. The system lets go of it when the process ends, however
/// that comes about.
public final class RunLock: Sendable {
    private let descriptor: Int32

    static let fileName = ".lock"

    /// Takes the lock of a folder.
    ///
    /// - Throws: ``TrainError/checkpoint(path:reason:)`` where another process has it.
    public init(folder: String) throws {
        let path = "\(folder)/\(Self.fileName)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError.system(path: path, action: "create", code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else {
                // Some file systems have no locks; a run there is not worth refusing.
                throw FileError.system(path: path, action: "lock", code: code)
            }
            throw TrainError.checkpoint(
                path: folder,
                reason: "another run is writing this folder; wait for it or choose another --output_dir"
            )
        }
    }

    deinit { close(descriptor) }
}
