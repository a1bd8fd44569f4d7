import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How many cores this process may use.
public enum AvailableCores {
    /// The cores that the process is allowed on, at most as many as a container's quota of time pays for, at
    /// least one. Two hardware threads of one core count once: they share the units that do the arithmetic.
    public static var count: Int {
        let allowed = allowedProcessors()
        var cores = Set(allowed.map(siblings)).count
        if cores == 0 { cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
        return max(1, min(cores, quota() ?? cores))
    }

    /// The processors of the affinity mask.
    private static func allowedProcessors() -> [Int] {
        guard let status = text(of: "/proc/self/status"),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") })
        else { return [] }
        return numbers(inList: line.drop { $0 != ":" }.dropFirst())
    }

    /// The processors of one core, by the list that the kernel names them with.
    private static func siblings(of processor: Int) -> String {
        let topology = "/sys/devices/system/cpu/cpu\(processor)/topology"
        return text(of: "\(topology)/core_cpus_list") ?? text(of: "\(topology)/thread_siblings_list")
            ?? String(processor)
    }

    /// The share of time that the control group grants, in whole processors, rounded up.
    private static func quota() -> Int? {
        if let words = text(of: "/sys/fs/cgroup/cpu.max")?.split(whereSeparator: \.isWhitespace),
            words.count == 2, let granted = Double(words[0]), let period = Double(words[1]), period > 0
        {
            return Int((granted / period).rounded(.up))
        }
        let old = "/sys/fs/cgroup/cpu/cpu.cfs"
        guard let granted = text(of: "\(old)_quota_us").flatMap({ Double($0.trimmed) }), granted > 0,
            let period = text(of: "\(old)_period_us").flatMap({ Double($0.trimmed) }), period > 0
        else { return nil }
        return Int((granted / period).rounded(.up))
    }

    /// The numbers of a list such as `0-3,8`.
    static func numbers(inList list: some StringProtocol) -> [Int] {
        list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int(String($0).trimmed) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }

    private static func text(of path: String) -> String? {
        guard let reader = try? LineReader(path: path) else { return nil }
        var lines: [String] = []
        while let line = try? reader.next() { lines.append(String(decoding: line.bytes, as: UTF8.self)) }
        return lines.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmed: String { split(whereSeparator: \.isWhitespace).joined() }
}
