#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// One line of a file, without its line feed.
public struct Line: Sendable, Equatable {
    /// The line's number, from 1.
    public let number: Int
    /// The line's bytes as they stand in the file; of a line that is too long only the beginning.
    public let bytes: [UInt8]
    /// How many bytes the line has, whether kept or not.
    public let byteCount: Int
    /// False for a last line that no line feed ends: the file may have been cut off there.
    public let isTerminated: Bool

    /// Whether the line went past the reader's limit, so that ``bytes`` is not all of it.
    public var isTooLong: Bool { byteCount > bytes.count }

    /// Whether nothing but white space stands on the line.
    public var isBlank: Bool { !isTooLong && bytes.allSatisfy { $0 == 0x20 || (0x09...0x0d).contains($0) } }
}

/// Streams the lines of a file, plain or zstd, in constant memory.
///
/// A zstd file is known by its first bytes, whatever its name. A byte order mark in front of the first line
/// is left out and remembered.
public final class LineReader {
    /// The file's path.
    public var path: String { source.path }
    /// The longest line that is kept whole, in bytes.
    public let limit: Int
    /// Whether the file began with a UTF-8 byte order mark.
    public private(set) var hasByteOrderMark = false
    /// How many decompressed bytes have been taken so far.
    public private(set) var bytesRead = 0

    private let source: any BlockSource
    private var block: [UInt8] = []
    private var position = 0
    private var number = 0

    /// 32 MiB: far above any row that a model could read.
    public static let defaultLimit = 32 << 20

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: a text file or a zstd file of text.
    ///   - limit: the longest line kept whole, in bytes; of a longer one the first kibibyte is kept.
    /// - Throws: ``FileError`` where the file cannot be opened or read.
    public convenience init(path: String, limit: Int = LineReader.defaultLimit) throws {
        let file = try FileBlocks(path: path)
        let first = try file.nextBlock() ?? []
        let rest = Prefixed(first: first, rest: file)
        let isZstd = first.starts(with: [0x28, 0xb5, 0x2f, 0xfd])
        if !isZstd, path.utf8Ends(with: ".zst"), !first.isEmpty {
            throw FileError.damaged(path: path, reason: "is named .zst but does not begin like a zstd file")
        }
        try self.init(isZstd ? ZstdReader(rest) : rest, limit: limit)
    }

    /// Reads the lines of the decompressed blocks of `source`.
    public init(_ source: any BlockSource, limit: Int = LineReader.defaultLimit) throws {
        self.source = source
        self.limit = max(1, limit)
        block = try source.nextBlock() ?? []
        if block.starts(with: [0xef, 0xbb, 0xbf]) {
            hasByteOrderMark = true
            position = 3
        }
    }

    /// The next line, or nil behind the last one.
    ///
    /// - Throws: ``FileError`` where reading fails.
    public func next() throws -> Line? {
        var kept: [UInt8] = []
        var byteCount = 0
        while true {
            if position == block.count {
                guard let more = try source.nextBlock() else {
                    guard byteCount > 0 else { return nil }
                    return line(kept, byteCount, isTerminated: false)
                }
                block = more
                position = 0
            }
            let end = Self.lineFeed(in: block, from: position)
            let piece = block[position..<(end ?? block.count)]
            byteCount += piece.count
            bytesRead += piece.count + (end == nil ? 0 : 1)
            if byteCount <= limit {
                kept += piece
            } else if kept.count > Self.keptOfTooLong {
                kept = Array(kept.prefix(Self.keptOfTooLong))
            } else {
                kept += piece.prefix(Self.keptOfTooLong - kept.count)
            }
            position = end.map { $0 + 1 } ?? block.count
            if end != nil { return line(kept, byteCount, isTerminated: true) }
        }
    }

    private static let keptOfTooLong = 1024

    private func line(_ bytes: [UInt8], _ byteCount: Int, isTerminated: Bool) -> Line {
        number += 1
        return Line(number: number, bytes: bytes, byteCount: byteCount, isTerminated: isTerminated)
    }

    private static func lineFeed(in block: [UInt8], from start: Int) -> Int? {
        block.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = memchr(base + start, 0x0a, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }
}

/// A source whose first block was already taken to look at it.
private final class Prefixed: BlockSource {
    private var first: [UInt8]?
    private let rest: any BlockSource
    var path: String { rest.path }

    init(first: [UInt8], rest: any BlockSource) {
        self.first = first.isEmpty ? nil : first
        self.rest = rest
    }

    func nextBlock() throws -> [UInt8]? {
        if let block = first {
            first = nil
            return block
        }
        return try rest.nextBlock()
    }
}
