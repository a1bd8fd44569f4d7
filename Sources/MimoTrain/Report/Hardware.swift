import MimoFiles

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The machine that a run is on.
struct Hardware {
    /// The processor's name.
    let processor: String
    /// Cores that this process may use.
    let cores: Int
    /// Memory of the machine in bytes.
    let memory: Int
    /// The kernel and its release.
    let system: String

    /// This machine.
    init() {
        processor = Self.value("model name", in: "/proc/cpuinfo") ?? "unknown processor"
        cores = AvailableCores.count
        memory = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        var name = utsname()
        uname(&name)
        func text<T>(_ field: T) -> String {
            withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        }
        system = "\(text(name.sysname)) \(text(name.release)), \(text(name.machine))"
    }

    private static func value(_ name: String, in path: String) -> String? {
        guard let reader = try? LineReader(path: path) else { return nil }
        while let line = try? reader.next() {
            let parts = String(decoding: line.bytes, as: UTF8.self).split(separator: ":", maxSplits: 1)
            guard parts.count == 2,
                parts[0].split(whereSeparator: \.isWhitespace).joined(separator: " ") == name
            else { continue }
            return parts[1].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return nil
    }
}
