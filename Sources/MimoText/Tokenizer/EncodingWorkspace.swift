import Synchronization

/// What encoding a text needs room for, kept from text to text.
struct EncodingWorkspace: Sendable {
    var cache = WordCache()
    var scratch = BytePairEncoder.Scratch()
    /// The ends of the words of the piece at hand.
    var wordEnds: [Int] = []
}

/// Workspaces at rest: as many as threads have encoded at once.
///
/// A thread takes one for the length of a text, so that inside a text nothing is shared and nothing locked.
final class WorkspacePool: Sendable {
    private let resting = Mutex<[EncodingWorkspace]>([])

    /// A workspace that nobody else uses.
    func take() -> EncodingWorkspace {
        resting.withLock { $0.popLast() } ?? EncodingWorkspace()
    }

    /// Lays a workspace down for the next text.
    func give(_ workspace: EncodingWorkspace) {
        resting.withLock { $0.append(workspace) }
    }
}
