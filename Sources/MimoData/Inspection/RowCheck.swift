public import MimoFiles

/// What the doctor found out about one row.
public struct RowCheck: Sendable {
    /// Whether a row is used.
    public enum Verdict: String, Sendable, Codable {
        /// It is used, and nothing about it is odd.
        case fine
        /// It is used, but something may not be meant so.
        case odd
        /// It is not used.
        case dropped
    }

    /// Where the row stands.
    public let origin: RowOrigin
    /// Why it is dropped, with what is wrong in words; nil where it is used.
    public let defect: Defect?
    /// What is odd about it.
    public internal(set) var findings: [RowFinding]
    /// How many tokens each of its samples has.
    public let lengths: [Int]
    /// How many of its tokens are learned.
    public let countedTokens: Int
    /// How many control tokens its own words spell out.
    public let spelledControlTokens: Int
    /// A number that equal rows share.
    let fingerprint: UInt64?

    /// Why a row is dropped.
    public struct Defect: Sendable, Equatable {
        /// The kind.
        public let reason: RowReport.Reason
        /// What is wrong, in words.
        public let message: String
    }

    /// Whether the row is used.
    public var verdict: Verdict { defect != nil ? .dropped : findings.isEmpty ? .fine : .odd }

    /// The check as one JSON object, as `--report` writes it.
    public var json: JSON {
        .object(
            JSONObject([
                ("file", .string(origin.path)), ("line", .int(Int64(origin.line))),
                ("verdict", .string(verdict.rawValue)),
                ("reason", defect.map { .string($0.reason.rawValue) } ?? .null),
                ("message", defect.map { .string($0.message) } ?? .null),
                (
                    "findings",
                    .array(
                        findings.map { ["kind": .string($0.kind.rawValue), "message": .string($0.message)] }
                    )
                ),
                ("tokens", .int(Int64(lengths.reduce(0, +)))), ("counted_tokens", .int(Int64(countedTokens))),
                ("samples", .int(Int64(lengths.count))),
                ("spelled_control_tokens", .int(Int64(spelledControlTokens))),
            ])
        )
    }

    /// The row's place and what was found, one line for each thing.
    public var lines: [String] {
        if let defect { return ["\(origin): dropped: \(Visible.text(defect.message))"] }
        return findings.map { "\(origin): \(Visible.text($0.message))" }
    }
}
