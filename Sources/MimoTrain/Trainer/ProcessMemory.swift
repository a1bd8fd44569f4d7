import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the operating system counts for this process, and what it has left; all in bytes.
public enum ProcessMemory {
    /// The largest resident size so far, mapped weights included.
    public static var peakBytes: Int {
        // What getrusage counts survives exec: it would begin with the peak of the process that started this one.
        if let peak = kibibytes("VmHWM", in: "/proc/self/status") { return peak }
        var usage = rusage()
        // Glibc types the constant as an enumeration, and the parameter as a number.
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }

    /// Resident memory that no file stands behind.
    static var anonymousBytes: Int { kibibytes("RssAnon", in: "/proc/self/status") ?? 0 }

    /// Resident pages of the program and its libraries.
    static var programBytes: Int {
        guard let reader = try? LineReader(path: "/proc/self/smaps") else { return 0 }
        let program = realpath("/proc/self/exe", nil)
        defer { free(program) }
        let name = program.map { String(cString: $0) }
        var total = 0
        var counts = false
        while let line = try? reader.next() {
            let fields = String(decoding: line.bytes, as: UTF8.self).split(separator: " ")
            guard let first = fields.first else { continue }
            if !first.hasSuffix(":") {
                let path = fields.count > 5 ? fields[5...].joined(separator: " ") : ""
                counts = path == name || path.contains(".so")
            } else if counts, first == "Rss:", fields.count > 1 {
                total += (Int(fields[1]) ?? 0) * 1024
            }
        }
        return total
    }

    /// How large this process may grow without driving others out: its own memory and what the machine, or the
    /// container's limit, has left. nil where the system does not tell.
    public static var availableBytes: Int? {
        guard let free = kibibytes("MemAvailable", in: "/proc/meminfo") else { return nil }
        let own = anonymousBytes
        guard let limit = number(in: "/sys/fs/cgroup/memory.max"),
            let used = number(in: "/sys/fs/cgroup/memory.current"),
            let cached = field("inactive_file", in: "/sys/fs/cgroup/memory.stat")
        else { return free + own }
        return min(free, limit - used + cached) + own
    }

    private static func kibibytes(_ name: String, in path: String) -> Int? {
        field("\(name):", in: path).map { $0 * 1024 }
    }

    /// The number behind a name at the beginning of a line.
    private static func field(_ name: String, in path: String) -> Int? {
        guard let reader = try? LineReader(path: path) else { return nil }
        while let line = try? reader.next() {
            let fields = String(decoding: line.bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
            if fields.count > 1, fields[0] == name { return Int(fields[1]) }
        }
        return nil
    }

    private static func number(in path: String) -> Int? {
        guard let reader = try? LineReader(path: path), let line = try? reader.next() else { return nil }
        return Int(String(decoding: line.bytes, as: UTF8.self).filter { !$0.isWhitespace })
    }
}
