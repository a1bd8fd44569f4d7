public import MimoFiles

/// A row as it stands in a file: a JSON value, or why it is none.
public struct RawRow: Sendable {
    /// Where it stands.
    public let origin: RowOrigin
    /// Its bytes, or a defect of the place itself.
    public let content: Content
    /// What is odd about the place, though the row can be read.
    public var oddities: Set<Oddity> = []

    /// Something odd about a place.
    public enum Oddity: Sendable {
        /// A byte order mark stands in front of the row.
        case byteOrderMark
        /// The line ends with a carriage return.
        case carriageReturn
        /// An object names a member twice.
        case repeatedMember
        /// An escape `\uD800` to `\uDFFF` stands without its other half.
        case loneSurrogate
    }

    init(origin: RowOrigin, content: Content) {
        self.origin = origin
        self.content = content
    }

    /// What was found.
    public enum Content: Sendable {
        /// The text of a JSON value, not yet parsed.
        case bytes([UInt8])
        /// A value that needed no parsing.
        case value(JSON)
        /// Something that is no row.
        case defect(DataError)
    }

    /// The row's JSON value.
    ///
    /// - Returns: the value, whatever its type.
    /// - Throws: ``DataError/notJSON(_:)``, ``DataError/notUTF8`` or the defect of the place.
    public func parsed() throws -> JSON {
        var oddities: Set<Oddity> = []
        return try parsed(noting: &oddities)
    }

    /// The row's JSON value, as ``parsed()``; `oddities` gets what is odd about its text.
    func parsed(noting oddities: inout Set<Oddity>) throws -> JSON {
        switch content {
        case .value(let value): return value
        case .defect(let error): throw error
        case .bytes(let bytes):
            var lapses: JSONLapses = []
            do {
                let value = try JSON(parsing: bytes, allowing: .likePython, noting: &lapses)
                if lapses.contains(.repeatedMember) { oddities.insert(.repeatedMember) }
                if lapses.contains(.loneSurrogate) { oddities.insert(.loneSurrogate) }
                return value
            } catch {
                guard String(validating: bytes, as: UTF8.self) != nil else { throw DataError.notUTF8 }
                throw DataError.notJSON("\(error)")
            }
        }
    }
}

/// Something that yields rows in order.
public protocol RowSource: AnyObject {
    /// The next row, or nil at the end.
    ///
    /// - Returns: a row or what stands in its place; never silently nothing.
    /// - Throws: ``FileError`` where the file itself cannot be read any further.
    func next() throws -> RawRow?
}

extension LineReader {
    /// The next row, which is made of a line: one that is blank is passed over, one that is too long a defect.
    fileprivate func nextRow(_ row: (Line, RowOrigin) -> RawRow) throws -> RawRow? {
        while let line = try next() {
            guard !line.isBlank else { continue }
            let origin = RowOrigin(path: path, line: line.number)
            guard line.isTooLong else { return row(line, origin) }
            let defect = DataError.lineTooLong(bytes: line.byteCount, limit: limit)
            return RawRow(origin: origin, content: .defect(defect))
        }
        return nil
    }
}

/// A JSON value a line.
final class JSONLinesSource: RowSource {
    private let lines: LineReader

    init(_ lines: LineReader) {
        self.lines = lines
    }

    func next() throws -> RawRow? {
        try lines.nextRow { line, origin in
            // A last line without its line feed is fine where it is whole.
            if !line.isTerminated, (try? JSON(parsing: line.bytes)) == nil {
                return RawRow(origin: origin, content: .defect(.cutOff))
            }
            var row = RawRow(origin: origin, content: .bytes(line.bytes))
            if lines.hasByteOrderMark, line.number == 1 { row.oddities.insert(.byteOrderMark) }
            if line.bytes.last == UInt8(ascii: "\r") { row.oddities.insert(.carriageReturn) }
            return row
        }
    }
}

/// A text a line: each becomes the answer of a row of its own.
final class TextLinesSource: RowSource {
    private let lines: LineReader

    init(_ lines: LineReader) {
        self.lines = lines
    }

    func next() throws -> RawRow? {
        try lines.nextRow { line, origin in
            var bytes = line.bytes
            if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                return RawRow(origin: origin, content: .defect(.notUTF8))
            }
            return RawRow(origin: origin, content: .value(["text": .string(text)]))
        }
    }
}
