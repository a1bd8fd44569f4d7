/// Keys or values of several heads, a row of D floats each for every token: side by side in `[rows, heads · D]`, as
/// products write them, or head behind head, as a cache holds them. There a head's rows follow each other, one stream
/// that the processor sees coming.
public struct HeadRows: Sendable {
    private let storage: TensorStorage
    private let offset: Int
    /// Number of heads.
    public let heads: Int
    /// Floats of a head's row, D.
    public let size: Int
    /// Number of rows.
    public let rows: Int
    /// Floats from a head's first row to that of the next.
    private let headStride: Int
    /// Floats from one row of a head to the next.
    let stride: Int

    /// A window on `[rows, heads · D]`.
    public init(_ tensor: Tensor, heads: Int) {
        precondition(heads > 0 && tensor.columns % heads == 0)
        (storage, offset) = (tensor.storage, tensor.offset)
        self.heads = heads
        size = tensor.columns / heads
        rows = tensor.rows
        headStride = size
        stride = tensor.stride
    }

    /// Several of the same shape, zeroed, head behind head in one allocation.
    public static func zeros(_ count: Int, heads: Int, size: Int, rows: Int) -> [HeadRows] {
        precondition(count >= 0 && heads > 0 && size >= 0 && rows >= 0)
        let storage = TensorStorage(byteCount: count * heads * rows * size * 4)
        return (0..<count).map {
            HeadRows(storage, offset: $0 * heads * rows * size, heads: heads, size: size, rows: rows)
        }
    }

    private init(_ storage: TensorStorage, offset: Int, heads: Int, size: Int, rows: Int) {
        (self.storage, self.offset) = (storage, offset)
        (self.heads, self.size, self.rows) = (heads, size, rows)
        (headStride, stride) = (rows * size, size)
    }

    private init(_ whole: HeadRows, rows: Range<Int>) {
        precondition(rows.lowerBound >= 0 && rows.upperBound <= whole.rows)
        (storage, offset) = (whole.storage, whole.offset + rows.lowerBound * whole.stride)
        (heads, size, self.rows) = (whole.heads, whole.size, rows.count)
        (headStride, stride) = (whole.headStride, whole.stride)
    }

    /// A window on some of the rows.
    public func rows(_ range: Range<Int>) -> HeadRows { HeadRows(self, rows: range) }

    /// A head's first row.
    func pointer(_ head: Int) -> UnsafeMutablePointer<Float> {
        storage.base.assumingMemoryBound(to: Float.self) + offset + head * headStride
    }

    /// Copies as many rows of as many heads.
    public func copy(from other: HeadRows) {
        precondition(heads == other.heads && size == other.size && rows == other.rows)
        parallelChunks(.copies, of: heads * rows, grain: max(1, (1 << 14) / max(1, size))) { chunk in
            for place in chunk {
                let (head, row) = (place / rows, place % rows)
                (pointer(head) + row * stride).update(
                    from: other.pointer(head) + row * other.stride,
                    count: size
                )
            }
        }
    }
}
