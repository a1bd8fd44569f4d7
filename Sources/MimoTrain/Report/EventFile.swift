import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The scalars of a run as TensorBoard reads them: a file of TFRecords, each with an `Event` message.
///
/// TFRecord is length, masked CRC-32C of the length, content, masked CRC-32C of the content. Of `Event`
/// (tensorboard/compat/proto/event.proto) it writes `wall_time` (1), `step` (2), `file_version` (3) and `summary`
/// (5), which holds `value` (1) with `tag` (1) and `simple_value` (2).
final class EventFile {
    private let path: String
    private let descriptor: Int32

    /// Opens the event file of a folder, or makes one; events of steps after `step` are cut away, and so is what
    /// a crash cut off.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the folder does not take it.
    init(folder: String, keepingStepsThrough step: Int) throws {
        try Folder.make(folder)
        let prefix = "events.out.tfevents."
        if let name = try Folder.names(in: folder).first(where: { $0.hasPrefix(prefix) }) {
            path = "\(folder)/\(name)"
            let blocks = try FileBlocks(path: path)
            var bytes: [UInt8] = []
            while let block = try blocks.nextBlock() { bytes += block }
            // The first record is the format's version; a run that begins keeps nothing else.
            let kept = Self.records(in: bytes).enumerated()
                .filter { $0.offset == 0 || (step > 0 && Self.step(of: $0.element) <= step) }
                .map(\.element)
            try AtomicFile.write(kept.flatMap { Self.record($0) }, to: path)
        } else {
            path = "\(folder)/\(prefix)\(time(nil)).mimo-sft.\(getpid()).0"
            var version = ProtobufMessage()
            version.add(1, Self.now)
            version.add(3, Array("brain.Event:2".utf8))
            try AtomicFile.write(Self.record(version.bytes), to: path)
        }
        descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.system(path: path, action: "open", code: errno) }
    }

    deinit { close(descriptor) }

    /// Adds the scalars of a step.
    ///
    /// - Throws: ``MimoFiles/FileError`` where the disk does not take them.
    func add(_ scalars: [(tag: String, value: Double)], step: Int) throws {
        var summary = ProtobufMessage()
        for (tag, value) in scalars {
            var message = ProtobufMessage()
            message.add(1, Array(tag.utf8))
            message.add(2, Float(value))
            summary.add(1, message.bytes)
        }
        var event = ProtobufMessage()
        event.add(1, Self.now)
        event.add(2, step)
        event.add(5, summary.bytes)
        let record = Self.record(event.bytes)
        let written = record.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        guard written == record.count else {
            throw FileError.system(path: path, action: "write", code: written < 0 ? errno : ENOSPC)
        }
    }

    private static var now: Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    static func record(_ content: [UInt8]) -> [UInt8] {
        let length = littleEndian(UInt64(content.count))
        return length + littleEndian(CRC32C.masked(length)) + content + littleEndian(CRC32C.masked(content))
    }

    /// The contents of whole records, up to the first that is none.
    static func records(in bytes: [UInt8]) -> [[UInt8]] {
        var records: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count >= 16 {
            let count = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard count <= UInt64(rest.count - 16) else { break }
            let content = Array(rest.dropFirst(12).prefix(Int(count)))
            guard Array(rest.prefix(16 + Int(count))) == record(content) else { break }
            records.append(content)
            rest = rest.dropFirst(16 + Int(count))
        }
        return records
    }

    /// The step of an event as ``add(_:step:)`` writes it: after the nine bytes of the time.
    static func step(of event: [UInt8]) -> Int {
        guard event.count > 10, event[9] == 2 << 3 else { return 0 }
        var value = 0
        for (place, byte) in event[10...].prefix(9).enumerated() {
            value |= Int(byte & 0x7f) << (7 * place)
            if byte < 0x80 { break }
        }
        return value
    }
}

/// A message of protocol buffers, field by field (protobuf.dev/programming-guides/encoding).
struct ProtobufMessage {
    private(set) var bytes: [UInt8] = []

    /// Adds a `double`.
    mutating func add(_ field: UInt8, _ value: Double) {
        bytes += [field << 3 | 1] + littleEndian(value.bitPattern)
    }

    /// Adds a `float`.
    mutating func add(_ field: UInt8, _ value: Float) {
        bytes += [field << 3 | 5] + littleEndian(value.bitPattern)
    }

    /// Adds an `int64` from 0 on.
    mutating func add(_ field: UInt8, _ value: Int) {
        bytes.append(field << 3)
        addVarint(value)
    }

    /// Adds a string or a message.
    mutating func add(_ field: UInt8, _ content: [UInt8]) {
        bytes.append(field << 3 | 2)
        addVarint(content.count)
        bytes += content
    }

    private mutating func addVarint(_ value: Int) {
        var value = UInt(max(0, value))
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7f) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }
}

/// The bytes of a number, the lowest first.
private func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
