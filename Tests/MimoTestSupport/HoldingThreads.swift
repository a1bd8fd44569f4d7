import Synchronization

private let threads = Mutex(())

/// Runs a body while no other test changes how many threads compute: for tests that change it themselves, and for those
/// that measure memory, of which each thread has its part.
public func holdingThreads<T>(_ body: () throws -> T) rethrows -> T {
    try threads.withLock { _ in try body() }
}
