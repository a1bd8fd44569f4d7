internal import MimoFiles

/// The elements of a JSON array, streamed: only one element is held at a time.
final class JSONArraySource: RowSource {
    private let blocks: any BlockSource
    private let limit: Int
    private var block: [UInt8] = []
    private var position = 0
    private var line = 1
    private var state = State.beforeArray

    private enum State { case beforeArray, inside, ended }

    init(_ blocks: any BlockSource, limit: Int) {
        self.blocks = blocks
        self.limit = limit
    }

    func next() throws -> RawRow? {
        guard state != .ended else { return nil }
        if state == .beforeArray {
            // A byte order mark in front is passed over.
            if try take(0xef) { _ = try (take(0xbb), take(0xbf)) }
            try skipSpace()
            guard try take(UInt8(ascii: "[")) else {
                return end(with: "expected '[' at the beginning of a .json file")
            }
            state = .inside
        }
        try skipSpace()
        while try take(UInt8(ascii: ",")) { try skipSpace() }
        if try take(UInt8(ascii: "]")) {
            state = .ended
            try skipSpace()
            return try current() == nil ? nil : end(with: "something follows the array")
        }
        let origin = RowOrigin(path: blocks.path, line: line)
        guard let (bytes, count) = try element() else { return end(.cutOff) }
        if count > limit {
            return RawRow(origin: origin, content: .defect(.lineTooLong(bytes: count, limit: limit)))
        }
        return RawRow(origin: origin, content: .bytes(bytes))
    }

    /// What cannot be read ends the file: there is no telling where the next row begins.
    private func end(with reason: String) -> RawRow {
        end(.notJSON(reason))
    }

    private func end(_ defect: DataError) -> RawRow {
        state = .ended
        return RawRow(origin: RowOrigin(path: blocks.path, line: line), content: .defect(defect))
    }

    /// The bytes up to the comma or bracket that ends an element, or nil where the file ends first.
    private func element() throws -> (bytes: [UInt8], count: Int)? {
        var bytes: [UInt8] = []
        var count = 0
        var depth = 0
        var inString = false
        var escaped = false
        while let byte = try current() {
            if escaped {
                escaped = false
            } else if inString {
                if byte == UInt8(ascii: "\\") { escaped = true }
                if byte == UInt8(ascii: "\"") { inString = false }
            } else {
                switch byte {
                case UInt8(ascii: "\""): inString = true
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: "]"), UInt8(ascii: ","):
                    if depth <= 0 { return (bytes, count) }
                    if byte == UInt8(ascii: "]") { depth -= 1 }
                default: break
                }
            }
            count += 1
            if count <= limit { bytes.append(byte) }
            advance(byte)
        }
        return nil
    }

    private func skipSpace() throws {
        while let byte = try current(), byte == 0x20 || (0x09...0x0d).contains(byte) { advance(byte) }
    }

    private func take(_ byte: UInt8) throws -> Bool {
        guard try current() == byte else { return false }
        advance(byte)
        return true
    }

    private func current() throws -> UInt8? {
        while position == block.count {
            guard let more = try blocks.nextBlock() else { return nil }
            block = more
            position = 0
        }
        return block[position]
    }

    private func advance(_ byte: UInt8) {
        position += 1
        if byte == 0x0a { line += 1 }
    }
}
