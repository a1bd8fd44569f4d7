internal import CZstd

/// The decompressed bytes of a zstd file, whose frames may follow one another.
public final class ZstdReader: BlockSource {
    /// The path of the file that is read.
    public let path: String
    private let source: any BlockSource
    private let stream: OpaquePointer
    private var input: [UInt8] = []
    private var consumed = 0
    /// Zero between frames, else what the decoder still wants.
    private var pending = 0
    private var inputEnded = false

    /// Reads the compressed blocks of `source`.
    ///
    /// - Throws: ``FileError/damaged(path:reason:)`` where no decoder can be made.
    public init(_ source: any BlockSource) throws {
        path = source.path
        self.source = source
        guard let stream = ZSTD_createDCtx() else {
            throw FileError.damaged(path: source.path, reason: "no memory for a zstd decoder")
        }
        self.stream = stream
    }

    /// Reads the compressed file at `path`.
    public convenience init(path: String) throws {
        try self.init(FileBlocks(path: path))
    }

    deinit { ZSTD_freeDCtx(stream) }

    /// The next bytes, or nil at the end.
    public func nextBlock() throws -> [UInt8]? {
        while true {
            if consumed == input.count, !inputEnded {
                if let block = try source.nextBlock() {
                    input = block
                    consumed = 0
                } else {
                    inputEnded = true
                }
            }
            if inputEnded, consumed == input.count, pending == 0 { return nil }
            let block = try decompress()
            if !block.isEmpty { return block }
            if inputEnded, consumed == input.count, pending != 0 {
                throw FileError.damaged(
                    path: path,
                    reason: "the zstd stream ends inside a frame; the file is cut off"
                )
            }
        }
    }

    private func decompress() throws -> [UInt8] {
        var from = consumed
        var status = 0
        let block = [UInt8](unsafeUninitializedCapacity: ZSTD_DStreamOutSize()) { output, count in
            input.withUnsafeBytes { bytes in
                var inBuffer = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: from)
                var outBuffer = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                status = ZSTD_decompressStream(stream, &outBuffer, &inBuffer)
                from = inBuffer.pos
                count = outBuffer.pos
            }
        }
        guard ZSTD_isError(status) == 0 else {
            let reason = String(cString: ZSTD_getErrorName(status))
            throw FileError.damaged(path: path, reason: "not a valid zstd stream: \(reason)")
        }
        consumed = from
        pending = status
        return block
    }
}
