/// A row-major matrix of floats: a window on storage, so that copies and slices share their elements.
///
/// Shapes: `[rows, columns]` with `stride` floats from one row to the next. A vector is one row.
public struct Tensor: Sendable {
    let storage: TensorStorage
    let offset: Int
    /// Number of rows.
    public let rows: Int
    /// Number of columns.
    public let columns: Int
    /// Floats from one row to the next.
    public let stride: Int

    init(storage: TensorStorage, offset: Int, rows: Int, columns: Int, stride: Int) {
        self.storage = storage
        self.offset = offset
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// A matrix of zeros with memory of its own.
    public init(rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, isZeroed: true)
    }

    /// A matrix with memory of its own whose elements are undefined, for whoever writes all of them.
    public init(undefinedRows rows: Int, columns: Int) {
        self.init(rows: rows, columns: columns, isZeroed: false)
    }

    private init(rows: Int, columns: Int, isZeroed: Bool) {
        precondition(rows >= 0 && columns >= 0)
        self.init(
            storage: TensorStorage(byteCount: rows * columns * 4, isZeroed: isZeroed),
            offset: 0,
            rows: rows,
            columns: columns,
            stride: columns
        )
    }

    /// A matrix of these elements, row by row.
    public init(_ elements: [Float], rows: Int, columns: Int) {
        precondition(elements.count == rows * columns)
        self.init(undefinedRows: rows, columns: columns)
        elements.withUnsafeBufferPointer { from in
            if let start = from.baseAddress { pointer.update(from: start, count: from.count) }
        }
    }

    /// The first element. Kept inside this module: nothing outside handles pointers.
    var pointer: UnsafeMutablePointer<Float> {
        storage.base.assumingMemoryBound(to: Float.self) + offset
    }

    /// Number of elements.
    public var count: Int { rows * columns }

    /// Whether the rows follow each other without gaps.
    public var isContiguous: Bool { stride == columns || rows <= 1 }

    /// Whether both are windows on the same elements.
    public func isSame(as other: Tensor) -> Bool {
        pointer == other.pointer && rows == other.rows && columns == other.columns && stride == other.stride
    }

    /// A window on some of the rows.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return Tensor(
            storage: storage,
            offset: offset + range.lowerBound * stride,
            rows: range.count,
            columns: columns,
            stride: stride
        )
    }

    /// A window on some of the columns.
    public func columns(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns)
        return Tensor(
            storage: storage,
            offset: offset + range.lowerBound,
            rows: rows,
            columns: range.count,
            stride: stride
        )
    }

    /// A window on contiguous elements, the first of them at `start`, with rows `stride` apart.
    public func window(at start: Int, rows: Int, columns: Int, stride: Int) -> Tensor {
        precondition(isContiguous && start >= 0 && rows >= 0 && columns >= 0 && columns <= stride)
        precondition(start + rows * stride <= count)
        return Tensor(storage: storage, offset: offset + start, rows: rows, columns: columns, stride: stride)
    }

    /// The same contiguous elements in another shape.
    public func reshaped(rows: Int, columns: Int) -> Tensor {
        precondition(isContiguous && rows * columns == count)
        return Tensor(storage: storage, offset: offset, rows: rows, columns: columns, stride: columns)
    }

    /// One element.
    public subscript(row: Int, column: Int) -> Float {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            return pointer[row * stride + column]
        }
        nonmutating set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns)
            pointer[row * stride + column] = newValue
        }
    }

    /// The elements, row by row, copied out.
    public var elements: [Float] {
        var out: [Float] = []
        out.reserveCapacity(count)
        for row in 0..<rows {
            out.append(contentsOf: UnsafeBufferPointer(start: pointer + row * stride, count: columns))
        }
        return out
    }

    /// Rows that one thread copies at a time: enough to be worth waking another.
    private var copyGrain: Int { max(1, (1 << 14) / max(1, columns)) }

    /// Writes a value everywhere.
    public func fill(_ value: Float) {
        parallelChunks(.copies, of: rows, grain: copyGrain) { chunk in
            for row in chunk { (pointer + row * stride).update(repeating: value, count: columns) }
        }
    }

    /// Copies the elements of a tensor of the same shape.
    public func copy(from other: Tensor) {
        precondition(rows == other.rows && columns == other.columns)
        parallelChunks(.copies, of: rows, grain: copyGrain) { chunk in
            for row in chunk {
                (pointer + row * stride).update(from: other.pointer + row * other.stride, count: columns)
            }
        }
    }

    /// The bytes of contiguous elements, little endian as in files; valid within `body` only.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        precondition(isContiguous)
        return try body(UnsafeRawBufferPointer(start: pointer, count: count * 4))
    }
}
