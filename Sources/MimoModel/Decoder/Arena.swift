public import MimoNumerics

/// Scratch memory that is handed out in order and taken back all at once, so that a step allocates nothing.
///
/// Tensors of it are valid until it is released to a mark before them. Their elements are not zeroed.
public final class Arena {
    /// A state to go back to.
    public struct Mark: Sendable {
        fileprivate let chunk: Int
        fileprivate let used: Int
        fileprivate let live: Int
    }

    private static let smallestChunk = (64 << 20) / 4
    private var chunks: [Tensor] = []
    private var chunk = 0
    private var used = 0
    private var live = 0
    private var mostLive = 0

    /// An arena, which grows as needed.
    ///
    /// - Parameter byteCount: So much is taken from the system now, every page of it, so that what does not fit
    ///   fails at once and not after hours.
    public init(reserving byteCount: Int = 0) {
        guard byteCount > 0 else { return }
        let chunk = Tensor(rows: (byteCount / 4 + 1023) / 1024, columns: 1024)
        chunk.fill(0)
        chunks = [chunk.reshaped(rows: 1, columns: chunk.count)]
    }

    /// The most bytes that were handed out at a time.
    public var peakByteCount: Int { mostLive * 4 }

    /// The state now.
    public var mark: Mark { Mark(chunk: chunk, used: used, live: live) }

    /// Takes back all that was handed out since the mark.
    public func release(to mark: Mark) {
        chunk = mark.chunk
        used = mark.used
        live = mark.live
    }

    /// Takes back everything; the memory stays for the next pass.
    public func reset() { release(to: Mark(chunk: 0, used: 0, live: 0)) }

    /// A matrix with undefined elements, whose rows begin on cache lines.
    public func tensor(rows: Int, columns: Int) -> Tensor {
        let stride = Self.stride(columns)
        let floats = rows * stride
        while chunk < chunks.count, used + floats > chunks[chunk].count {
            chunk += 1
            used = 0
        }
        if chunk == chunks.count {
            chunks.append(Tensor(rows: 1, columns: max(floats, Self.smallestChunk)))
        }
        live += floats
        mostLive = max(mostLive, live)
        defer { used += floats }
        return chunks[chunk].window(at: used, rows: rows, columns: columns, stride: stride)
    }

    /// Floats from one row to the next: whole cache lines, and one more where rows would be whole pages apart.
    /// Products read many rows side by side, and a cache keeps few lines that lie so.
    private static func stride(_ columns: Int) -> Int {
        let lines = (columns + 15) / 16
        return 16 * (lines % 64 == 0 ? lines + 1 : lines)
    }
}
