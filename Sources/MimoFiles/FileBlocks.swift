#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// Something that yields the bytes of a file block by block.
public protocol BlockSource: AnyObject {
    /// The file's path, for messages.
    var path: String { get }

    /// The next bytes, never empty, or nil at the end.
    ///
    /// - Throws: ``FileError`` where reading fails or the content is damaged.
    func nextBlock() throws -> [UInt8]?
}

/// A file's bytes as they are, in blocks of a fixed size.
public final class FileBlocks: BlockSource {
    /// The path of the file that is read.
    public let path: String
    private let descriptor: Int32
    private let blockSize: Int

    /// Opens a file to be read from its start.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - blockSize: bytes a block.
    /// - Throws: ``FileError`` where the path cannot be opened or is a folder.
    public init(path: String, blockSize: Int = 1 << 18) throws {
        self.path = path
        self.blockSize = max(1, blockSize)
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.last("open", path) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// The next bytes, or nil at the end.
    public func nextBlock() throws -> [UInt8]? {
        let path = self.path
        let block = try [UInt8](unsafeUninitializedCapacity: blockSize) { buffer, count in
            count = 0
            while true {
                let got = read(descriptor, buffer.baseAddress, buffer.count)
                if got >= 0 {
                    count = got
                    return
                }
                if errno != EINTR { throw FileError.last("read", path) }
            }
        }
        return block.isEmpty ? nil : block
    }
}
