import Foundation
import MimoTestSupport
import Testing

@testable import MimoTrain

@Suite struct EventFileTests {
    @Test("CRC-32C is RFC 3720's")
    func checksum() {
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.of(Array(repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([]) == 0)
    }

    @Test("An event has the bytes that protocol buffers give it")
    func message() {
        var summary = ProtobufMessage()
        summary.add(1, Array("a".utf8))
        summary.add(2, Float(1))
        var event = ProtobufMessage()
        event.add(1, 1.0)
        event.add(2, 300)
        event.add(5, summary.bytes)
        #expect(
            event.bytes == [
                0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xac, 0x02, 0x2a, 0x08, 0x0a, 0x01, 0x61, 0x15, 0,
                0,
                0x80, 0x3f,
            ]
        )
        #expect(EventFile.step(of: event.bytes) == 300)
    }

    @Test("What a resumed run does again is cut away, and so is half a record")
    func trims() throws {
        let folder = try TemporaryFolder()
        func records() throws -> (name: String, steps: [Int], bytes: Int) {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("runs"))
            #expect(names.count == 1)
            let data = try Data(contentsOf: URL(filePath: folder.file("runs/\(names[0])")))
            return (names[0], EventFile.records(in: Array(data)).map(EventFile.step), data.count)
        }
        do {
            let file = try EventFile(folder: folder.file("runs"), keepingStepsThrough: 0)
            for step in 1...200 { try file.add([("train/loss", 0.5)], step: step) }
        }
        let whole = try records()
        #expect(whole.steps == Array(0...200))
        let path = folder.file("runs/\(whole.name)")
        let data = try Data(contentsOf: URL(filePath: path))
        try data.prefix(data.count - 5).write(to: URL(filePath: path))
        #expect(try records().steps == Array(0...199))
        do {
            let file = try EventFile(folder: folder.file("runs"), keepingStepsThrough: 150)
            try file.add([("train/loss", 0.25)], step: 151)
        }
        #expect(try records().steps == Array(0...151))
    }
}
