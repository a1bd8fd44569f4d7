import MimoFiles
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells, as the kernel does (inotify), that something in a folder, or in a folder right below it, was made,
/// written, renamed or removed.
final class FolderWatch {
    private static let kinds = UInt32(IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE)
    private let root: String
    private let descriptor: Int32

    /// Watches a folder, and what stands in it or comes to stand there.
    init(_ folder: String) throws {
        root = folder
        descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        try #require(descriptor >= 0)
        try #require(inotify_add_watch(descriptor, folder, Self.kinds) >= 0)
        for name in try Folder.names(in: folder) where Folder.isFolder("\(folder)/\(name)") {
            inotify_add_watch(descriptor, "\(folder)/\(name)", Self.kinds)
        }
    }

    deinit { close(descriptor) }

    /// Waits for so many events.
    ///
    /// - Returns: How many came before `isOver` said that no more will.
    func wait(for count: Int = .max, isOver: () -> Bool) -> Int {
        var seen = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while seen < count {
            let length = read(descriptor, &buffer, buffer.count)
            guard length > 0 else {
                if isOver() { return seen }
                var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                poll(&wanted, 1, 2)
                continue
            }
            seen += take(buffer[..<length])
        }
        return seen
    }

    /// Counts the events, and watches the folders that were made.
    private func take(_ events: ArraySlice<UInt8>) -> Int {
        let header = MemoryLayout<inotify_event>.size
        var count = 0
        var rest = events
        while rest.count >= header {
            let event = rest.withUnsafeBytes { $0.loadUnaligned(as: inotify_event.self) }
            let name = rest.dropFirst(header).prefix(Int(event.len)).prefix { $0 != 0 }
            if event.mask & UInt32(IN_ISDIR) != 0, event.mask & UInt32(IN_CREATE) != 0 {
                inotify_add_watch(descriptor, "\(root)/\(String(decoding: name, as: UTF8.self))", Self.kinds)
            }
            rest = rest.dropFirst(header + Int(event.len))
            count += 1
        }
        return count
    }
}
