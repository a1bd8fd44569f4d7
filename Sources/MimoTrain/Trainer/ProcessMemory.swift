#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What the operating system counts for this process.
public enum ProcessMemory {
    /// The largest resident size so far, mapped weights included, in bytes.
    public static var peakBytes: Int {
        var usage = rusage()
        // Glibc types the constant as an enumeration, and the parameter as a number.
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
