#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Memory that tensors are windows on: an aligned allocation of its own, or a file mapped read-only.
///
/// `@unchecked Sendable`: the base address and size never change. Mapped memory is read-only. Owned memory is
/// written by one operation at a time, each of which divides it among the pool's threads in disjoint pieces
/// and returns when all are done; the trainer and the generator run their operations one after the other.
public final class TensorStorage: @unchecked Sendable {
    let base: UnsafeMutableRawPointer
    /// Size in bytes.
    public let byteCount: Int
    private let isMapped: Bool

    /// Zeroed memory aligned to a cache line (in fact to a page, for what is large).
    public init(byteCount: Int) {
        let size = max(64, (byteCount + 63) / 64 * 64)
        guard let memory = aligned_alloc(size >= 1 << 21 ? 1 << 21 : 64, Self.rounded(size)) else {
            preconditionFailure("out of memory: an allocation of \(byteCount) bytes was refused")
        }
        memset(memory, 0, size)
        base = memory
        self.byteCount = byteCount
        isMapped = false
    }

    /// A whole file, mapped read-only; nothing is read before it is used.
    ///
    /// - Throws: ``NumericsError/cannotMap(path:reason:)`` where the file cannot be opened or mapped.
    public init(mapping path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.mapError(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.mapError(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw NumericsError.cannotMap(path: path, reason: "not a regular file")
        }
        byteCount = Int(status.st_size)
        guard byteCount > 0 else { throw NumericsError.cannotMap(path: path, reason: "the file is empty") }
        guard let memory = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw Self.mapError(path) }
        base = memory
        isMapped = true
    }

    deinit {
        if isMapped { munmap(base, byteCount) } else { free(base) }
    }

    /// Copies bytes out, for headers and tensor-by-tensor streaming.
    public func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return Array(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Reads bytes in place; the pointer is valid within `body` only.
    public func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R
    {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        return try body(UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Tells the kernel that these mapped pages are not needed for now, so that streaming over a large file
    /// does not fill memory. Nothing is lost: they are read again when touched.
    public func releasePages(_ range: Range<Int>) {
        guard isMapped else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        if end > start { madvise(base + start, end - start, MADV_DONTNEED) }
    }

    private static func rounded(_ size: Int) -> Int {
        size >= 1 << 21 ? (size + (1 << 21) - 1) & ~((1 << 21) - 1) : size
    }

    private static func mapError(_ path: String) -> NumericsError {
        .cannotMap(path: path, reason: String(cString: strerror(errno)))
    }
}
