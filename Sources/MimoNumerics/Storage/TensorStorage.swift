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
    private let origin: Origin

    /// Where the memory comes from, and so how it is given back.
    private enum Origin {
        case heap, pages, file
    }

    /// Memory aligned to a cache line, zeroed or with undefined contents; what is large comes from the kernel page by
    /// page, as it is touched.
    public init(byteCount: Int, isZeroed: Bool = true) {
        let size = max(64, (byteCount + 63) / 64 * 64)
        origin = size >= Self.largeBytes ? .pages : .heap
        let memory = origin == .pages ? Self.pages(size) : aligned_alloc(64, size)
        guard let memory else {
            preconditionFailure("out of memory: an allocation of \(byteCount) bytes was refused")
        }
        if isZeroed, origin == .heap { memset(memory, 0, size) }
        base = memory
        self.byteCount = size
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
        origin = .file
    }

    deinit {
        if origin == .heap { free(base) } else { munmap(base, byteCount) }
    }

    /// Whether this is a mapped file.
    public var isMapped: Bool { origin == .file }

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
    public func releasePages(_ range: Range<Int>) { advise(range, MADV_DONTNEED) }

    /// Reads these pages of a mapped file into memory, where they are not in it, and returns when they are there.
    public func fetchPages(_ range: Range<Int>) { advise(range, Self.populate) }

    /// Tells the kernel that these bytes of a mapped file will be read as a whole: what is not in memory yet comes in
    /// huge pages where the kernel and the file system have them, which miss the address cache less often.
    public func expectFullRead(_ range: Range<Int>) { advise(range, MADV_HUGEPAGE) }

    /// Advice on the whole pages of a mapped file: a kernel that does not take it changes nothing that is read.
    private func advise(_ range: Range<Int>, _ advice: Int32) {
        guard origin == .file else { return }
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = (range.lowerBound + page - 1) / page * page
        let end = range.upperBound / page * page
        if end > start { madvise(base + start, end - start, advice) }
    }

    /// MADV_POPULATE_READ, which older headers lack; kernels before 5.14 refuse it, and pages come as they are touched.
    private static let populate: Int32 = 22

    private static let largeBytes = 1 << 20

    /// Zeroed pages, huge ones where the kernel has them: fewer faults and fewer misses of the address cache.
    private static func pages(_ size: Int) -> UnsafeMutableRawPointer? {
        let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory, memory != MAP_FAILED else { return nil }
        madvise(memory, size, MADV_HUGEPAGE)
        return memory
    }

    private static func mapError(_ path: String) -> NumericsError {
        .cannotMap(path: path, reason: String(cString: strerror(errno)))
    }
}
