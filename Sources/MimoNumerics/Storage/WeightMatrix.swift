import CMimoKernels

/// A frozen matrix in the type of its file: a window on mapped (or owned) memory that products read in place.
///
/// Shapes: `[rows, columns]`; for a linear layer `[out, in]`, as checkpoints store it.
public struct WeightMatrix: Sendable {
    let storage: TensorStorage
    let byteOffset: Int
    /// How the elements are stored.
    public let type: ElementType
    /// Number of rows: a linear's outputs.
    public let rows: Int
    /// Number of columns: a linear's inputs.
    public let columns: Int
    /// Elements from one row to the next; in files, where rows follow each other, the columns.
    let stride: Int

    /// A window on stored elements that follow each other row by row.
    public init(storage: TensorStorage, byteOffset: Int, type: ElementType, rows: Int, columns: Int) {
        self.init(storage, byteOffset: byteOffset, type, rows: rows, columns: columns, stride: columns)
    }

    private init(
        _ storage: TensorStorage,
        byteOffset: Int,
        _ type: ElementType,
        rows: Int,
        columns: Int,
        stride: Int
    ) {
        self.storage = storage
        self.byteOffset = byteOffset
        self.type = type
        self.rows = rows
        self.columns = columns
        self.stride = stride
        precondition(byteOffset >= 0 && byteRange.upperBound <= storage.byteCount)
    }

    /// The elements of a tensor, shared.
    public init(_ tensor: Tensor) {
        self.init(
            tensor.storage,
            byteOffset: tensor.offset * 4,
            .f32,
            rows: tensor.rows,
            columns: tensor.columns,
            stride: tensor.stride
        )
    }

    var pointer: UnsafeRawPointer { UnsafeRawPointer(storage.base + byteOffset) }

    /// Where the elements lie in their storage.
    public var byteRange: Range<Int> {
        byteOffset..<byteOffset + (rows == 0 ? 0 : (rows - 1) * stride + columns) * type.size
    }

    /// Bytes of a mapped file that the elements are; 0 where they have memory of their own.
    public var mappedBytes: Int { storage.isMapped ? byteRange.count : 0 }

    /// A window on some of the rows.
    public func rows(_ range: Range<Int>) -> WeightMatrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        return WeightMatrix(
            storage,
            byteOffset: byteOffset + range.lowerBound * stride * type.size,
            type,
            rows: range.count,
            columns: columns,
            stride: stride
        )
    }

    /// The elements as a tensor that shares them, where they are stored as floats.
    public var floats: Tensor? {
        guard type == .f32 else { return nil }
        return Tensor(storage: storage, offset: byteOffset / 4, rows: rows, columns: columns, stride: stride)
    }

    /// Tells the kernel that the pages of a mapped file are not needed for now, see
    /// ``TensorStorage/releasePages(_:)``; memory of its own stays as it is.
    public func releasePages() { storage.releasePages(byteRange) }

    /// Reads the pages of a mapped file into memory, see ``TensorStorage/fetchPages(_:)``.
    public func fetchPages() { storage.fetchPages(byteRange) }

    /// The elements as floats, in memory of their own.
    public func widened() -> Tensor {
        let out = Tensor(rows: rows, columns: columns)
        widen(into: out)
        return out
    }

    /// Writes the elements as floats.
    public func widen(into out: Tensor) {
        precondition(out.rows == rows && out.columns == columns && out.isContiguous)
        precondition(stride == columns || rows <= 1)
        parallelChunks(.copies, of: rows * columns, grain: 1 << 16) { range in
            kernels.widen(
                out.pointer + range.lowerBound,
                pointer + range.lowerBound * type.size,
                type.kernelType,
                range.count
            )
        }
    }

    /// Writes row `indices[i]` as floats to row i of `out`: an embedding's look-up.
    public func gatherRows(_ indices: [Int32], into out: Tensor) {
        precondition(out.rows == indices.count && out.columns == columns)
        precondition(indices.allSatisfy { $0 >= 0 && Int($0) < rows })
        parallelChunks(.copies, of: indices.count, grain: 32) { chunk in
            for row in chunk {
                kernels.widen(
                    out.pointer + row * out.stride,
                    pointer + Int(indices[row]) * stride * type.size,
                    type.kernelType,
                    columns
                )
            }
        }
    }
}

extension Tensor {
    /// The elements rounded to `type` (to nearest, ties to even), as the bytes of a file.
    ///
    /// The tensor must be contiguous.
    public func narrowed(to type: ElementType) -> [UInt8] {
        precondition(isContiguous)
        return [UInt8](unsafeUninitializedCapacity: count * type.size) { buffer, written in
            guard let start = buffer.baseAddress else { return }
            let out = UnsafeMutableRawPointer(start)
            parallelChunks(.copies, of: count, grain: 1 << 16) { range in
                kernels.narrow(
                    out + range.lowerBound * type.size,
                    pointer + range.lowerBound,
                    type.kernelType,
                    range.count
                )
            }
            written = count * type.size
        }
    }
}
