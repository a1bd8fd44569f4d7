/// Why a text is not JSON.
public struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The byte at which the text stops being JSON, counted from 0.
    public let offset: Int
    /// What is wrong there.
    public let reason: String

    /// The error in one line.
    public var description: String { "not valid JSON at byte \(offset): \(reason)" }
}

/// What readers of JSON let pass, Python's among them, though RFC 8259 does not.
public struct JSONLapses: OptionSet, Sendable {
    /// The lapses as bits.
    public let rawValue: UInt8

    /// Lapses by their bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// An object names a member twice: the last value counts, at the first one's place.
    public static let repeatedMember = JSONLapses(rawValue: 1)
    /// An escape `\uD800` to `\uDFFF` without its other half: it becomes U+FFFD.
    public static let loneSurrogate = JSONLapses(rawValue: 2)
    /// `NaN`, `Infinity` or `-Infinity`.
    public static let notANumber = JSONLapses(rawValue: 4)

    /// All that Python's `json.loads` lets pass.
    public static let likePython: JSONLapses = [.repeatedMember, .loneSurrogate, .notANumber]
}

extension JSON {
    /// Parses one JSON value that fills `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - rejectingDuplicateKeys: takes nothing but what RFC 8259 allows, and no name twice within an object; else
    ///     whatever Python's reader takes.
    /// - Throws: ``JSONError`` where the text is not valid JSON or UTF-8, nests deeper than 512, or goes on behind
    ///   the value.
    public init(parsing bytes: [UInt8], rejectingDuplicateKeys: Bool = false) throws {
        var lapses: JSONLapses = []
        try self.init(parsing: bytes, allowing: rejectingDuplicateKeys ? [] : .likePython, noting: &lapses)
    }

    /// Parses one JSON value that fills `bytes`, and notes what was let pass.
    ///
    /// - Parameters:
    ///   - bytes: the text.
    ///   - allowed: what is let pass.
    ///   - lapses: gets what was let pass.
    /// - Throws: ``JSONError``.
    public init(parsing bytes: [UInt8], allowing allowed: JSONLapses, noting lapses: inout JSONLapses) throws
    {
        var cursor = JSONCursor(bytes, allowing: allowed)
        self = try cursor.readValue()
        try cursor.finish()
        lapses.formUnion(cursor.lapses)
    }

    /// Parses one JSON value that fills `text`.
    public init(parsing text: String, rejectingDuplicateKeys: Bool = false) throws {
        try self.init(parsing: Array(text.utf8), rejectingDuplicateKeys: rejectingDuplicateKeys)
    }

    /// Parses one JSON value that fills `bytes`.
    public init(parsing bytes: UnsafeRawBufferPointer, rejectingDuplicateKeys: Bool = false) throws {
        try self.init(parsing: Array(bytes), rejectingDuplicateKeys: rejectingDuplicateKeys)
    }
}
