#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

/// What went wrong with a file or folder, said with its path.
public enum FileError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A call of the system failed: `action` is what was tried ("open", "write"), `code` its `errno`.
    case system(path: String, action: String, code: Int32)
    /// The content is not what the name or the first bytes promise.
    case damaged(path: String, reason: String)
    /// Something already stands where a new file or folder is to go.
    case exists(path: String)

    /// The `errno` of a failed call, or nil.
    public var code: Int32? {
        if case .system(_, _, let code) = self { code } else { nil }
    }

    /// The error in one line.
    public var description: String {
        switch self {
        case .system(let path, let action, let code):
            let advice =
                switch code {
                case ENOSPC, EDQUOT: "; free some space or choose another folder"
                case EMFILE, ENFILE: "; raise the limit of open files (ulimit -n)"
                default: ""
                }
            return "\(path): cannot \(action): \(String(cString: strerror(code)))\(advice)"
        case .damaged(let path, let reason): return "\(path): \(reason)"
        case .exists(let path): return "\(path): exists already; move it away or choose another name"
        }
    }

    /// The error of the call that has just failed.
    static func last(_ action: String, _ path: String) -> FileError {
        .system(path: path, action: action, code: errno)
    }
}
