internal import MimoFiles

/// The records of a CSV file with a header (RFC 4180): each becomes an object of texts.
final class CSVSource: RowSource {
    private let blocks: any BlockSource
    private let limit: Int
    private var block: [UInt8] = []
    private var position = 0
    private var line = 1
    private var header: [String]?
    private var isFirst = true
    private var hasEnded = false

    init(_ blocks: any BlockSource, limit: Int) {
        self.blocks = blocks
        self.limit = limit
    }

    func next() throws -> RawRow? {
        while !hasEnded {
            let origin = RowOrigin(path: blocks.path, line: line)
            let record: Record
            switch try readRecord() {
            case nil:
                hasEnded = true
                return nil
            case .failure(let defect)?:
                if defect == .cutOff { hasEnded = true }
                return RawRow(origin: origin, content: .defect(defect))
            case .success(let read)?: record = read
            }
            guard !record.isBlank else { continue }
            var fields: [String] = []
            for field in record.fields {
                guard let text = String(validating: field, as: UTF8.self) else {
                    return RawRow(origin: origin, content: .defect(.notUTF8))
                }
                fields.append(text)
            }
            guard let header else {
                header = fields
                continue
            }
            guard fields.count == header.count else {
                let defect = DataError.badRow("\(fields.count) fields; the header has \(header.count)")
                return RawRow(origin: origin, content: .defect(defect))
            }
            return RawRow(
                origin: origin,
                content: .value(.object(JSONObject(zip(header, fields).map { ($0, .string($1)) })))
            )
        }
        return nil
    }

    private struct Record {
        var fields: [[UInt8]] = [[]]
        var isBlank: Bool { fields.count == 1 && fields[0].isEmpty }
    }

    /// One record, or nil behind the last. A record that is too long or not closed is a defect.
    private func readRecord() throws -> Result<Record, DataError>? {
        var record = Record()
        var count = 0
        var inQuotes = false
        var wasQuoted = false
        guard try current() != nil else { return nil }
        while let byte = try current() {
            advance(byte)
            count += 1
            if inQuotes {
                if byte == UInt8(ascii: "\"") {
                    if try current() == UInt8(ascii: "\"") {
                        append(byte, to: &record, count)
                        advance(byte)
                    } else {
                        inQuotes = false
                    }
                } else {
                    append(byte, to: &record, count)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where record.fields[record.fields.count - 1].isEmpty && !wasQuoted:
                inQuotes = true
                wasQuoted = true
            case UInt8(ascii: ","):
                record.fields.append([])
                wasQuoted = false
            case UInt8(ascii: "\r"): if try current() != 0x0a { append(byte, to: &record, count) }
            case 0x0a:
                return count > limit ? .failure(.lineTooLong(bytes: count, limit: limit)) : .success(record)
            default: append(byte, to: &record, count)
            }
        }
        if inQuotes { return .failure(.cutOff) }
        return count > limit ? .failure(.lineTooLong(bytes: count, limit: limit)) : .success(record)
    }

    private func append(_ byte: UInt8, to record: inout Record, _ count: Int) {
        if count <= limit { record.fields[record.fields.count - 1].append(byte) }
    }

    private func current() throws -> UInt8? {
        while position == block.count {
            guard let more = try blocks.nextBlock() else { return nil }
            block = more
            position = isFirst && more.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
            isFirst = false
        }
        return block[position]
    }

    private func advance(_ byte: UInt8) {
        position += 1
        if byte == 0x0a { line += 1 }
    }
}
