internal import CJSON

/// Why a text is not JSON.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The byte at which the text stops being JSON, counted from 0.
    public let offset: Int
    /// What is wrong there, in json-c's words or ours.
    public let reason: String

    /// The error in one line.
    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

extension JSON {
    /// Parses one JSON value that fills `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - rejectingDuplicateKeys: Takes nothing but what RFC 8259 allows, and no name twice within an object;
    ///     else json-c's leniency counts, which is about Python's.
    /// - Throws: ``JSONError`` where the text is not valid JSON or UTF-8, nests deeper than 512, or goes on behind
    ///   the value.
    public init(parsing bytes: [UInt8], rejectingDuplicateKeys: Bool = false) throws {
        self = try bytes.withUnsafeBytes { buffer in
            try JSON(parsing: buffer, rejectingDuplicateKeys: rejectingDuplicateKeys)
        }
    }

    /// Parses one JSON value that fills `text`.
    public init(parsing text: String, rejectingDuplicateKeys: Bool = false) throws {
        try self.init(parsing: Array(text.utf8), rejectingDuplicateKeys: rejectingDuplicateKeys)
    }

    /// Parses one JSON value that fills `bytes`, which are read in place.
    public init(parsing bytes: UnsafeRawBufferPointer, rejectingDuplicateKeys: Bool = false)
        throws
    {
        if rejectingDuplicateKeys {
            var cursor = JSONCursor(Array(bytes))
            self = try cursor.readValue()
            try cursor.finish()
            return
        }
        // json-c 0.16 turns some surrogate pairs (\uD836… and others) into U+FFFD: texts with any are read by our
        // own reader, but for those with halves of pairs, which json-c replaces as Python's readers tolerate.
        if Self.escapesSurrogates(bytes), let value = try? JSON(parsing: bytes, rejectingDuplicateKeys: true)
        {
            self = value
            return
        }
        guard let tokener = json_tokener_new_ex(512) else { throw JSONError(offset: 0, reason: "no memory") }
        defer { json_tokener_free(tokener) }
        json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8)
        guard bytes.count < Int(Int32.max) else {
            throw JSONError(offset: 0, reason: "a value of \(bytes.count) bytes; at most 2 GiB are taken")
        }
        let root = json_tokener_parse_ex(
            tokener,
            bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
            Int32(bytes.count)
        )
        defer { json_object_put(root) }
        var status = json_tokener_get_error(tokener)
        if status == json_tokener_continue {
            // A number at the very end is only finished by what follows it.
            var end: CChar = 0
            let finished = json_tokener_parse_ex(tokener, &end, 1)
            status = json_tokener_get_error(tokener)
            if status == json_tokener_success {
                defer { json_object_put(finished) }
                self = JSON(finished)
                return
            }
        }
        guard status == json_tokener_success else {
            let offset = json_tokener_get_parse_end(tokener)
            let reason =
                bytes.isEmpty ? "the text is empty" : String(cString: json_tokener_error_desc(status))
            throw JSONError(offset: min(offset, bytes.count), reason: reason)
        }
        self = JSON(root)
    }

    /// Takes over a value of json-c's, which is only read.
    private init(_ object: OpaquePointer?) {
        switch json_object_get_type(object) {
        case json_type_boolean:
            self = .bool(json_object_get_boolean(object) != 0)
        case json_type_int:
            let value = json_object_get_int64(object)
            let unsigned = json_object_get_uint64(object)
            self = value == .max && unsigned > UInt64(Int64.max) ? .double(Double(unsigned)) : .int(value)
        case json_type_double:
            self = .double(json_object_get_double(object))
        case json_type_string:
            self = .string(Self.string(json_object_get_string(object), json_object_get_string_len(object)))
        case json_type_array:
            self = .array(
                (0..<json_object_array_length(object)).map { JSON(json_object_array_get_idx(object, $0)) }
            )
        case json_type_object:
            var members = JSONObject()
            var entry = json_object_get_object(object)?.pointee.head
            while let current = entry {
                let key = current.pointee.k.assumingMemoryBound(to: CChar.self)
                members[String(cString: key)] = JSON(OpaquePointer(current.pointee.v))
                entry = current.pointee.next
            }
            self = .object(members)
        default:
            self = .null
        }
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ count: Int32) -> String {
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(count))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the text holds an escape of a code unit from D800 on, such as `\ud83d`.
    private static func escapesSurrogates(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var previous: (UInt8, UInt8) = (0, 0)
        for byte in bytes {
            if previous == (UInt8(ascii: "\\"), UInt8(ascii: "u")), byte | 0x20 == UInt8(ascii: "d") {
                return true
            }
            previous = (previous.1, byte)
        }
        return false
    }
}
