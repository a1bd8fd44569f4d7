import CMimoKernels

/// One term of a product of few rows, or some of its columns, as addresses; what they lead to must outlive it.
struct StreamedTerm {
    private var c: UnsafeMutablePointer<Float>
    private let a: UnsafePointer<Float>
    private var weights: UnsafeRawPointer
    private let type: mimo_dtype
    private let isTransposed: Bool
    private let accumulates: Bool
    private let scale: Float
    private let rows: Int
    private var columns: Int
    private let depth: Int
    private let strides: (c: Int, a: Int, b: Int)
    /// Bytes of weights from one column to the next.
    private let columnBytes: Int

    /// `c (+)= a · weightᵀ` by rows of a stored weight.
    init(_ c: Tensor, _ a: Tensor, _ weight: WeightMatrix, accumulates: Bool) {
        self.init(c, a, weight, isTransposed: true, accumulates: accumulates, scale: 1)
    }

    /// `c += scale · a · up`, the up projection of a low-rank update.
    init(_ c: Tensor, _ a: Tensor, up: WeightMatrix, scale: Float) {
        self.init(c, a, up, isTransposed: false, accumulates: true, scale: scale)
    }

    private init(
        _ c: Tensor,
        _ a: Tensor,
        _ b: WeightMatrix,
        isTransposed: Bool,
        accumulates: Bool,
        scale: Float
    ) {
        self.c = c.pointer
        self.a = UnsafePointer(a.pointer)
        weights = UnsafeRawPointer(b.pointer)
        type = b.type.kernelType
        (self.isTransposed, self.accumulates, self.scale) = (isTransposed, accumulates, scale)
        (rows, columns, depth) = (c.rows, c.columns, a.columns)
        strides = (c.stride, a.stride, b.stride)
        columnBytes = (isTransposed ? b.stride : 1) * b.type.size
    }

    /// Where the weights of a column begin.
    func weights(of column: Int) -> UnsafeRawPointer { weights + column * columnBytes }

    /// Some of its columns.
    func columns(_ range: Range<Int>) -> StreamedTerm {
        var part = self
        part.c += range.lowerBound
        part.weights += range.lowerBound * columnBytes
        part.columns = range.count
        return part
    }

    /// Computes it.
    func run() {
        guard isTransposed else {
            return kernels.project_up(
                c,
                a,
                weights.assumingMemoryBound(to: Float.self),
                scale,
                rows,
                columns,
                depth,
                strides.c,
                strides.a,
                strides.b
            )
        }
        kernels.multiply_vectors(
            c,
            a,
            weights,
            type,
            rows,
            columns,
            depth,
            strides.c,
            strides.a,
            strides.b,
            accumulates ? 1 : 0
        )
    }
}
