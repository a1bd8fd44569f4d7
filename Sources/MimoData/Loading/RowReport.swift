internal import MimoFiles
internal import MimoText

/// What became of the rows of a data set: every row that was read is kept, dropped for a reason, or was not
/// asked for.
public struct RowReport: Sendable, Equatable {
    /// Why rows are dropped, in a few kinds.
    public enum Reason: String, Sendable, CaseIterable, Codable {
        case notJSON = "not JSON"
        case cutOff = "cut off"
        case lineTooLong = "line too long"
        case notUTF8 = "not UTF-8"
        case unknownColumns = "unknown columns"
        case badRow = "bad row"
        case badConversation = "does not fit the template"
        case badTokenizedRow = "bad tokenized row"
        case tooLong = "longer than max_length"
        case other

        /// The kind of an error.
        public init(_ error: any Error) {
            self =
                switch error {
                case DataError.notJSON: .notJSON
                case DataError.cutOff: .cutOff
                case DataError.lineTooLong: .lineTooLong
                case DataError.notUTF8: .notUTF8
                case DataError.unknownShape: .unknownColumns
                case DataError.badRow: .badRow
                case DataError.badTokenizedRow, DataError.empty: .badTokenizedRow
                case DataError.tooLong: .tooLong
                case is ChatTemplateError: .badConversation
                default: .other
                }
        }
    }

    /// A row that was dropped.
    public struct Example: Sendable, Equatable {
        /// Where it stands.
        public var origin: RowOrigin
        /// What is wrong with it.
        public var message: String
    }

    /// How many rows were read.
    public private(set) var read = 0
    /// How many are used.
    public private(set) var kept = 0
    /// How many were not asked for (`#N`).
    public private(set) var leftOut = 0
    /// How many were dropped, by reason.
    public private(set) var dropped: [Reason: Int] = [:]
    /// The first rows dropped for each reason.
    public private(set) var examples: [Reason: [Example]] = [:]
    /// How many samples the kept rows gave.
    public private(set) var samples = 0
    /// How many tokens these have.
    public private(set) var tokens = 0
    /// How many of those are learned.
    public private(set) var countedTokens = 0
    /// How many kept rows teach nothing: every label is masked. They are kept, as they fill their place in a
    /// batch, but cost time.
    public private(set) var masked = 0

    /// How many control tokens the own words of the kept rows spell out.
    public private(set) var spelledControlTokens = 0
    /// How many kept rows spell out some.
    public private(set) var spellingRows = 0
    /// Whether reading stopped before the end, as the run needs no more rows (`--streaming`).
    public internal(set) var stoppedEarly = false

    /// How many examples are kept for each reason.
    public static let examplesKept = 3

    /// An empty report.
    public init() {}

    /// How many rows were dropped.
    public var droppedCount: Int { dropped.values.reduce(0, +) }

    /// Counts a row that gave samples.
    mutating func keep(_ samples: [ExplainedSample]) {
        keep(
            lengths: samples.map(\.sample.ids.count),
            countedTokens: samples.reduce(0) { $0 + $1.sample.countedTokens },
            spelledControlTokens: samples.reduce(0) { $0 + $1.spelledControlTokens }
        )
    }

    /// Counts a row that gave samples of these lengths.
    mutating func keep(lengths: [Int], countedTokens counted: Int, spelledControlTokens spelled: Int) {
        read += 1
        kept += 1
        samples += lengths.count
        tokens += lengths.reduce(0, +)
        countedTokens += counted
        if counted == 0 { masked += 1 }
        spelledControlTokens += spelled
        if spelled > 0 { spellingRows += 1 }
    }

    /// Counts a row that was not asked for.
    mutating func leaveOut() {
        read += 1
        leftOut += 1
    }

    /// Counts a row that cannot be used.
    mutating func drop(_ origin: RowOrigin, _ error: any Error) {
        drop(origin, reason: Reason(error), message: "\(error)")
    }

    /// Counts a row that cannot be used for a reason.
    mutating func drop(_ origin: RowOrigin, reason: Reason, message: String) {
        read += 1
        dropped[reason, default: 0] += 1
        if examples[reason, default: []].count < Self.examplesKept {
            examples[reason, default: []].append(Example(origin: origin, message: message))
        }
    }

    /// Adds the counts of another data set.
    mutating func add(_ other: RowReport) {
        read += other.read
        kept += other.kept
        leftOut += other.leftOut
        samples += other.samples
        tokens += other.tokens
        countedTokens += other.countedTokens
        masked += other.masked
        spelledControlTokens += other.spelledControlTokens
        spellingRows += other.spellingRows
        stoppedEarly = stoppedEarly || other.stoppedEarly
        for (reason, count) in other.dropped { dropped[reason, default: 0] += count }
        for (reason, found) in other.examples {
            examples[reason] = Array((examples[reason, default: []] + found).prefix(Self.examplesKept))
        }
    }
}

extension RowReport: CustomStringConvertible {
    /// One line, and one more for each reason with the first rows dropped for it.
    public var description: String {
        var line = "\(read) rows read: \(kept) kept"
        if leftOut > 0 { line += ", \(leftOut) not sampled" }
        line += ", \(droppedCount) dropped"
        if samples > 0 { line += "; \(samples) samples, \(tokens) tokens, \(countedTokens) of them learned" }
        var lines = [line]
        if masked > 0 { lines.append("  \(masked) of the kept rows teach nothing: every label is masked") }
        if spelledControlTokens > 0 {
            lines.append(
                "  \(spellingRows) of the kept rows spell out control tokens in their own words, "
                    + "\(spelledControlTokens) in all; they are text unless --parse_special_in_content is true"
            )
        }
        if stoppedEarly { lines.append("  the rest was not read: --max_steps needs no more rows") }
        for reason in Reason.allCases {
            guard let count = dropped[reason] else { continue }
            lines.append("  \(count) dropped: \(reason.rawValue)")
            for example in examples[reason] ?? [] {
                lines.append("    \(example.origin): \(example.message)")
            }
            if count > Self.examplesKept { lines.append("    …") }
        }
        return lines.joined(separator: "\n")
    }
}

/// An error with the place of the row that caused it: what `--strict` stops with.
public struct RowError: Error, Sendable, CustomStringConvertible {
    /// Where the row stands.
    public let origin: RowOrigin
    /// What is wrong with it.
    public let reason: RowReport.Reason
    /// What is wrong with it, in words.
    public let message: String

    init(_ origin: RowOrigin, _ error: any Error) {
        self.origin = origin
        reason = RowReport.Reason(error)
        message = "\(error)"
    }

    /// `file:line: what is wrong`.
    public var description: String { "\(origin): \(message)" }
}
