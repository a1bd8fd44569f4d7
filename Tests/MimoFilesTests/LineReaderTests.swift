import MimoFiles
import MimoTestSupport
import Testing

@Suite struct LineReaderTests {
    static func lines(_ text: String, limit: Int = 1 << 20, blockSize: Int = 7) throws -> [Line] {
        let folder = try TemporaryFolder()
        let path = try folder.write(text, to: "a.txt")
        return try all(LineReader(FileBlocks(path: path, blockSize: blockSize), limit: limit))
    }

    static func all(_ reader: LineReader) throws -> [Line] {
        var lines: [Line] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }

    static func text(_ line: Line) -> String { String(decoding: line.bytes, as: UTF8.self) }

    @Test(arguments: [1, 2, 3, 7, 8, 64])
    func linesAreTheSameWhateverTheBlocks(blockSize: Int) throws {
        let lines = try Self.lines("one\n\ntwo three\nfour", blockSize: blockSize)
        #expect(lines.map(Self.text) == ["one", "", "two three", "four"])
        #expect(lines.map(\.number) == [1, 2, 3, 4])
        #expect(lines.map(\.isTerminated) == [true, true, true, false])
        #expect(lines.map(\.isBlank) == [false, true, false, false])
    }

    @Test func anEmptyFileHasNoLines() throws {
        #expect(try Self.lines("").isEmpty)
        #expect(try Self.lines("\n").map(\.byteCount) == [0])
    }

    @Test(arguments: [3, 1 << 16])
    func ofALineThatIsTooLongOnlyTheBeginningIsKept(blockSize: Int) throws {
        let long = String(repeating: "x", count: 5000)
        let lines = try Self.lines("ab\n\(long)\ncd\n", limit: 4000, blockSize: blockSize)
        #expect(lines.map(\.byteCount) == [2, 5000, 2])
        #expect(lines.map(\.isTooLong) == [false, true, false])
        #expect(lines[1].bytes == Array(repeating: UInt8(ascii: "x"), count: 1024))
        #expect(Self.text(lines[2]) == "cd")
    }

    @Test func aLineOfOneHundredMegabytesDoesNotFillMemory() throws {
        let source = RepeatedBlocks(
            block: [UInt8](repeating: 0x61, count: 1 << 20),
            count: 100,
            last: Array("\nend\n".utf8)
        )
        let reader = try LineReader(source, limit: 1 << 20)
        let long = try #require(try reader.next())
        #expect(long.byteCount == 100 << 20)
        #expect(long.isTooLong)
        #expect(try reader.next().map(Self.text) == "end")
        #expect(try reader.next() == nil)
    }

    @Test func aByteOrderMarkIsLeftOutAndRemembered() throws {
        let folder = try TemporaryFolder()
        let reader = try LineReader(path: folder.write([0xef, 0xbb, 0xbf, 0x61, 0x0a], to: "a.txt"))
        #expect(reader.hasByteOrderMark)
        #expect(try reader.next()?.bytes == [0x61])
    }

    @Test func compressedLinesAreReadWhateverTheName() throws {
        let folder = try TemporaryFolder()
        let text = (0..<20_000).map { "line \($0)" }.joined(separator: "\n")
        for name in ["a.jsonl.zst", "plain.name"] {
            let writer = try ZstdWriter(path: folder.file(name))
            for start in stride(from: 0, to: text.utf8.count, by: 10_000) {
                try writer.append(Array(text.utf8.dropFirst(start).prefix(10_000)))
            }
            try writer.commit()
            let lines = try Self.all(LineReader(path: folder.file(name)))
            #expect(lines.count == 20_000)
            #expect(lines.map(Self.text).joined(separator: "\n") == text)
        }
    }

    @Test func zstdFramesMayFollowOneAnother() throws {
        let folder = try TemporaryFolder()
        var bytes: [UInt8] = []
        for part in ["one\ntw", "o\n", "", "three\n"] {
            let writer = try ZstdWriter(path: folder.file("part"))
            try writer.append(Array(part.utf8))
            try writer.commit()
            let blocks = try FileBlocks(path: folder.file("part"))
            while let block = try blocks.nextBlock() { bytes += block }
        }
        let lines = try Self.all(LineReader(path: folder.write(bytes, to: "all.zst")))
        #expect(lines.map(Self.text) == ["one", "two", "three"])
    }

    @Test func aZstdFileThatIsCutOffIsAnError() throws {
        let folder = try TemporaryFolder()
        let writer = try ZstdWriter(path: folder.file("a.zst"))
        try writer.append((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) })
        try writer.commit()
        var bytes: [UInt8] = []
        let blocks = try FileBlocks(path: folder.file("a.zst"))
        while let block = try blocks.nextBlock() { bytes += block }
        let path = try folder.write(Array(bytes.dropLast(bytes.count / 2)), to: "cut.zst")
        #expect(
            throws: FileError.damaged(
                path: path,
                reason: "the zstd stream ends inside a frame; the file is cut off"
            )
        ) {
            try Self.all(LineReader(path: path))
        }
        var damaged = bytes
        damaged[bytes.count / 2] ^= 0x55
        let other = try folder.write(damaged, to: "damaged.zst")
        #expect(throws: FileError.self) { try Self.all(LineReader(path: other)) }
    }

    @Test func aNameThatPromisesZstdMustKeepIt() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("text", to: "a.zst")
        #expect(
            throws: FileError.damaged(path: path, reason: "is named .zst but does not begin like a zstd file")
        ) {
            try LineReader(path: path)
        }
    }

    @Test func whatIsNotThereIsSaidWithItsPath() {
        #expect(throws: FileError.system(path: "/no/such/file", action: "open", code: 2)) {
            try LineReader(path: "/no/such/file")
        }
        let error = FileError.system(path: "/no/such/file", action: "open", code: 2)
        #expect("\(error)" == "/no/such/file: cannot open: No such file or directory")
    }
}

/// One block many times over.
private final class RepeatedBlocks: BlockSource {
    let path = "memory"
    private let block: [UInt8]
    private var count: Int
    private var last: [UInt8]?

    init(block: [UInt8], count: Int, last: [UInt8]) {
        self.block = block
        self.count = count
        self.last = last
    }

    func nextBlock() -> [UInt8]? {
        if count > 0 {
            count -= 1
            return block
        }
        defer { last = nil }
        return last
    }
}
