import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Ctrl-C and SIGTERM, kept until there is a good moment to stop; a second one ends the process at once.
enum StopSignal {
    private static let number = Atomic<Int32>(0)

    /// The signal that came; nil before one has.
    static var received: Int32? {
        let number = number.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Begins to listen.
    static func listen() {
        // Made before a signal can come: a handler must not be the first to touch it.
        number.store(0, ordering: .releasing)
        var stops = sigset_t()
        sigemptyset(&stops)
        for stop in [SIGINT, SIGTERM] {
            sigaddset(&stops, stop)
            signal(stop) { stop in
                if StopSignal.number.exchange(stop, ordering: .acquiringAndReleasing) != 0 {
                    _exit(128 + stop)
                }
            }
        }
        // Whoever started the process may have had them blocked, and a mask is inherited.
        pthread_sigmask(SIG_UNBLOCK, &stops, nil)
    }
}
