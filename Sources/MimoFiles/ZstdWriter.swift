internal import CZstd

/// Writes one zstd frame, checksummed, to a file that appears only when it is complete.
public final class ZstdWriter {
    private let file: AtomicFile
    private let stream: OpaquePointer

    /// Begins a file.
    ///
    /// - Parameters:
    ///   - path: where the finished file will stand.
    ///   - level: zstd's compression level, 1 (fast) to 19 (small).
    /// - Throws: ``FileError`` where nothing can be written beside `path`.
    public init(path: String, level: Int32 = 3) throws {
        file = try AtomicFile(path: path)
        guard let stream = ZSTD_createCCtx() else {
            throw FileError.damaged(path: path, reason: "no memory for a zstd encoder")
        }
        self.stream = stream
        ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, level)
        ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
    }

    deinit { ZSTD_freeCCtx(stream) }

    /// Compresses `bytes` behind what was appended before.
    ///
    /// - Throws: ``FileError`` where the disk does not take the output.
    public func append(_ bytes: [UInt8]) throws {
        try compress(bytes, directive: ZSTD_e_continue)
    }

    /// Ends the frame and puts the file in its place.
    ///
    /// - Throws: ``FileError``; the file's old version then still stands.
    public func commit() throws {
        try compress([], directive: ZSTD_e_end)
        try file.commit()
    }

    private func compress(_ bytes: [UInt8], directive: ZSTD_EndDirective) throws {
        var consumed = 0
        var remaining = 1
        repeat {
            let block = [UInt8](unsafeUninitializedCapacity: ZSTD_CStreamOutSize()) { output, count in
                bytes.withUnsafeBytes { input in
                    var inBuffer = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: consumed)
                    var outBuffer = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
                    remaining = ZSTD_compressStream2(stream, &outBuffer, &inBuffer, directive)
                    consumed = inBuffer.pos
                    count = outBuffer.pos
                }
            }
            guard ZSTD_isError(remaining) == 0 else {
                let reason = String(cString: ZSTD_getErrorName(remaining))
                throw FileError.damaged(path: file.path, reason: "zstd refuses to compress: \(reason)")
            }
            try file.append(block)
        } while consumed < bytes.count || (directive == ZSTD_e_end && remaining != 0)
    }
}
