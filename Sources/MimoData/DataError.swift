/// Why a row, a data set or an option of this module is refused.
public enum DataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A part of `--loss_scale` is unknown.
    case unknownLossScale(String, known: [String])
    /// A row is longer than the model or `--max_length` takes.
    case tooLong(tokens: Int, limit: Int)
    /// A row has no tokens.
    case empty
    /// A member of a tokenized row is missing or of a wrong type.
    case badTokenizedRow(String)
    /// A row's bytes are no JSON object.
    case notJSON(String)
    /// The file ends inside of the row.
    case cutOff
    /// A row is longer than rows may be.
    case lineTooLong(bytes: Int, limit: Int)
    /// A row's bytes are not UTF-8.
    case notUTF8
    /// A row has none of the shapes that are known.
    case unknownShape(columns: [String])
    /// A row has a known shape, with something in it that cannot be used.
    case badRow(String)
    /// An item of `--dataset` cannot be read.
    case badItem(String, reason: String)
    /// A file is of a kind that is not read.
    case unsupportedFile(path: String, reason: String)
    /// A folder of tokenized samples cannot be used.
    case badCache(path: String, reason: String)
    /// No row is left.
    case noRows(String)
    /// An option has a value that it cannot have.
    case badOption(String, reason: String)

    /// The error in one line.
    public var description: String {
        switch self {
        case .unknownLossScale(let name, let known):
            "there is no loss scale \"\(name)\"; expected names joined by '+' out of \(known.joined(separator: ", "))"
        case .tooLong(let tokens, let limit):
            "the row has \(tokens) tokens, more than the \(limit) of --max_length"
        case .empty: "the row has no tokens"
        case .badTokenizedRow(let reason): "tokenized row: \(reason)"
        case .notJSON(let reason): reason
        case .cutOff: "the file ends inside of this row; it was cut off"
        case .lineTooLong(let bytes, let limit):
            "the row has \(bytes) bytes, more than the \(limit) that are read; is a line feed missing?"
        case .notUTF8: "the row is not UTF-8; convert the file"
        case .unknownShape(let columns):
            "no known columns; expected \"messages\", \"conversations\", \"query\"/\"response\", "
                + "\"instruction\"/\"input\"/\"output\" or \"input_ids\"/\"labels\", found "
                + (columns.isEmpty ? "none" : columns.map { "\"\($0)\"" }.joined(separator: ", "))
        case .badRow(let reason): reason
        case .badItem(let item, let reason): "--dataset \(item): \(reason)"
        case .unsupportedFile(let path, let reason): "\(path): \(reason)"
        case .badCache(let path, let reason): "\(path): \(reason)"
        case .noRows(let reason): reason
        case .badOption(let option, let reason): "--\(option): \(reason)"
        }
    }
}
