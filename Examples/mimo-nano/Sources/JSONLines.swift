import MimoFiles

/// Files of a JSON object a line.
enum JSONLines {
    static func read(_ path: String) throws -> [JSON] {
        let reader = try LineReader(path: path)
        var rows: [JSON] = []
        while let line = try reader.next() {
            if !line.isBlank { rows.append(try JSON(parsing: line.bytes)) }
        }
        return rows
    }
}
