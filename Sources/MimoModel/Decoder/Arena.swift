public import MimoNumerics

/// Scratch memory that is handed out in order and taken back all at once, so that a step allocates nothing.
///
/// Tensors of it are valid until it is released to a mark before them. Their elements are not zeroed.
public final class Arena {
    /// A state to go back to.
    public struct Mark: Sendable {
        fileprivate let chunk: Int
        fileprivate let used: Int
    }

    private static let smallestChunk = (64 << 20) / 4
    private var chunks: [Tensor] = []
    private var chunk = 0
    private var used = 0

    /// An empty arena, which grows as needed.
    public init() {}

    /// Bytes that it holds.
    public var byteCount: Int { chunks.reduce(0) { $0 + $1.count * 4 } }

    /// The state now.
    public var mark: Mark { Mark(chunk: chunk, used: used) }

    /// Takes back all that was handed out since the mark.
    public func release(to mark: Mark) {
        chunk = mark.chunk
        used = mark.used
    }

    /// Takes back everything; the memory stays for the next pass.
    public func reset() { release(to: Mark(chunk: 0, used: 0)) }

    /// A matrix with undefined elements.
    public func tensor(rows: Int, columns: Int) -> Tensor {
        let floats = (rows * columns + 15) / 16 * 16
        while chunk < chunks.count, used + floats > chunks[chunk].count {
            chunk += 1
            used = 0
        }
        if chunk == chunks.count {
            chunks.append(Tensor(rows: 1, columns: max(floats, Self.smallestChunk)))
        }
        defer { used += floats }
        return chunks[chunk].columns(used..<used + rows * columns).reshaped(rows: rows, columns: columns)
    }
}
