#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where the program speaks: results on standard output, everything else on standard error.
enum Console {
    /// Whether standard error is a terminal, on which a line can be rewritten.
    static let isTerminal = isatty(STDERR_FILENO) == 1

    /// Whether standard output is a terminal, where text may be styled.
    static let isOutputTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes a piece of a result.
    static func piece(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes a result.
    static func result(_ text: String) {
        write(text + "\n", to: STDOUT_FILENO)
    }

    /// Writes a line about what is going on.
    static func note(_ text: String) {
        write((isTerminal ? eraseLine : "") + text + "\n", to: STDERR_FILENO)
    }

    /// Says what went wrong.
    static func failure(_ text: String) {
        note("mimo-sft: \(text)")
    }

    /// Puts a line in place of the one that the last call wrote; only for terminals.
    static func rewrite(_ text: String) {
        write(eraseLine + String(text.prefix(max(20, columns - 1))), to: STDERR_FILENO)
    }

    /// The terminal's width in characters.
    static var columns: Int {
        var size = winsize()
        return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    private static let eraseLine = "\r\u{1b}[K"

    /// What cannot be written, to a closed pipe for instance, is let go: there is no one to tell.
    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { put(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                return
            }
            rest = rest.dropFirst(count)
        }
    }
}

/// The system's `write`, which the type's own method of that name would hide.
private func put(_ descriptor: Int32, _ start: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, start, count)
}
