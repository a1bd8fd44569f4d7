internal import MimoFiles

/// What the filter `tojson` writes: Python's `json.dumps`, with nothing escaped for HTML.
struct JinjaJSON {
    private let escapesNonASCII: Bool
    private let indent: String?
    private let itemSeparator: String
    private let keySeparator: String
    private let sortsKeys: Bool
    private let limit: Int
    private var out = ""

    /// The JSON text of a value.
    ///
    /// - Throws: ``JinjaError`` of kind `type` where JSON has no such value, of kind `limit` where it is too long.
    static func text(of value: JinjaValue, _ arguments: JinjaCallArguments, limit: Int) throws -> String {
        let bound = try arguments.bound(
            to: "ensure_ascii",
            "indent",
            "separators",
            "sort_keys",
            of: "tojson"
        )
        var writer = try JinjaJSON(
            escapesNonASCII: bound[0]?.isTrue ?? false,
            indent: bound[1],
            separators: bound[2],
            sortsKeys: bound[3]?.isTrue ?? false,
            limit: limit
        )
        try writer.write(value, level: 0)
        return writer.out
    }

    private init(
        escapesNonASCII: Bool,
        indent: JinjaValue?,
        separators: JinjaValue?,
        sortsKeys: Bool,
        limit: Int
    ) throws {
        self.escapesNonASCII = escapesNonASCII
        self.sortsKeys = sortsKeys
        self.limit = limit
        switch indent {
        case nil, .some(.none): self.indent = nil
        case let indent?:
            if let count = indent.integer {
                guard count <= 1000 else { throw JinjaError(.limit, "an indent of more than 1000") }
                self.indent = String(repeating: " ", count: max(count, 0))
            } else if let text = indent.text {
                self.indent = text
            } else {
                throw JinjaError(.type, "tojson: indent is a number or a text, not \(indent.typeName)")
            }
        }
        switch separators {
        case .some(.tuple(let pair)), .some(.list(let pair)):
            guard pair.count == 2, let item = pair[0].text, let key = pair[1].text else {
                throw JinjaError(.type, "tojson: separators are two texts")
            }
            itemSeparator = item
            keySeparator = key
        default:
            itemSeparator = self.indent == nil ? ", " : ","
            keySeparator = ": "
        }
    }

    private mutating func write(_ value: JinjaValue, level: Int) throws {
        switch value {
        case .none: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .int(let value): out += String(value)
        case .double(let value): out += Self.number(value)
        case .string(let text), .markup(let text): write(text)
        case .list(let elements), .tuple(let elements):
            guard !elements.isEmpty else { return out += "[]" }
            out += "["
            for (position, element) in elements.enumerated() {
                if position > 0 { out += itemSeparator }
                breakLine(level + 1)
                try write(element, level: level + 1)
            }
            breakLine(level)
            out += "]"
        case .dictionary(let members): try write(members, level: level)
        default: throw JinjaError(.type, "Object of type \(value.typeName) is not JSON serializable")
        }
        guard out.utf8.count <= limit else { throw JinjaError(.limit, "a text of more than \(limit) bytes") }
    }

    private mutating func write(_ members: JinjaDictionary, level: Int) throws {
        guard members.count > 0 else { return out += "{}" }
        var members = Array(zip(members.keys, members.values))
        if sortsKeys { members = try members.sorted { try $0.0.isLess(than: $1.0) } }
        out += "{"
        for (position, (key, value)) in members.enumerated() {
            if position > 0 { out += itemSeparator }
            breakLine(level + 1)
            write(try Self.key(key))
            out += keySeparator
            try write(value, level: level + 1)
        }
        breakLine(level)
        out += "}"
    }

    private static func key(_ key: JinjaValue) throws -> String {
        switch key {
        case .string(let text), .markup(let text): text
        case .none: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): number(value)
        default: throw JinjaError(.type, "keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isFinite { return PythonNumber.text(value) }
        return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
    }

    private mutating func breakLine(_ level: Int) {
        guard let indent else { return }
        out += "\n"
        for _ in 0..<level { out += indent }
    }

    private mutating func write(_ text: String) {
        JSON.write(text, escapesNonASCII: escapesNonASCII, to: &out)
    }
}
