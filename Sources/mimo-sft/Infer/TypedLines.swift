#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Lines from standard input, typed or piped.
struct TypedLines {
    /// What came.
    enum Input: Equatable {
        case line(String)
        /// Ctrl-C in place of a line.
        case interrupted
        /// Ctrl-D, or the end of the pipe.
        case end
    }

    /// Whether a person types.
    static let isTerminal = isatty(STDIN_FILENO) == 1

    private var bytes: [UInt8] = []
    private var isAtEnd = false

    /// The next line, without its line feed; waits for it.
    mutating func next() -> Input {
        while true {
            if let end = bytes.firstIndex(of: 0x0a) {
                defer { bytes.removeSubrange(...end) }
                return .line(Self.text(bytes[..<end]))
            }
            if isAtEnd {
                guard !bytes.isEmpty else { return .end }
                defer { bytes = [] }
                return .line(Self.text(bytes[...]))
            }
            var block = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(STDIN_FILENO, &block, block.count)
            if count > 0 {
                bytes += block[..<count]
            } else if count < 0, errno == EINTR {
                // What was typed before Ctrl-C is dropped, as shells do.
                if Interrupt.take() {
                    bytes = []
                    return .interrupted
                }
            } else {
                // On a terminal Ctrl-D ends one read, not all.
                isAtEnd = !Self.isTerminal || bytes.isEmpty
                if Self.isTerminal { return .end }
            }
        }
    }

    private static func text(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.last == 0x0d ? line.dropLast() : line, as: UTF8.self)
    }
}
