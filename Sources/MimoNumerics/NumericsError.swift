/// What can go wrong with memory and files below the model.
public enum NumericsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A weight file could not be mapped.
    case cannotMap(path: String, reason: String)

    /// The error in one line.
    public var description: String {
        switch self {
        case .cannotMap(let path, let reason): "\(path): cannot be mapped: \(reason)"
        }
    }
}
