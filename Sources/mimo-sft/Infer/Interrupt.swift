import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Ctrl-C in a chat: it stops what is going on, not the program.
enum Interrupt {
    private static let isRaised = Atomic(false)

    /// Begins to listen; reading from the terminal is then interrupted too.
    static func listen() {
        // Made before a signal can come: a handler must not be the first to touch it.
        isRaised.store(false, ordering: .releasing)
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in Interrupt.isRaised.store(true, ordering: .releasing) }
        // Without SA_RESTART, so that a pending read returns.
        action.sa_flags = 0
        sigaction(SIGINT, &action, nil)
    }

    /// Whether Ctrl-C has been pressed since the last `take()`.
    static var isPending: Bool { isRaised.load(ordering: .acquiring) }

    /// Whether Ctrl-C has been pressed, which then counts no more.
    static func take() -> Bool { isRaised.exchange(false, ordering: .acquiringAndReleasing) }
}
