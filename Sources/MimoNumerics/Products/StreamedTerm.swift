import CMimoKernels

/// One term of a product of few rows, as addresses; what they lead to must outlive it.
struct StreamedTerm {
    private let c: UnsafeMutablePointer<Float>
    private let a: UnsafePointer<Float>
    private let weights: UnsafeRawPointer
    private let type: mimo_dtype
    private let isTransposed: Bool
    private let accumulates: Bool
    private let scale: Float
    private let rows: Int
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
        (rows, depth) = (c.rows, a.columns)
        strides = (c.stride, a.stride, b.stride)
        columnBytes = (isTransposed ? b.stride : 1) * b.type.size
    }

    /// Computes some of its columns.
    func run(_ columns: StreamColumns) {
        guard isTransposed else {
            for stream in 0..<StreamColumns.streams {
                let start = columns.first.lowerBound + stream * columns.apart
                projectUp(start..<start + columns.first.count)
            }
            return projectUp(columns.rest)
        }
        multiply(columns.first, apart: columns.apart)
        multiply(columns.rest, apart: 0)
    }

    private func projectUp(_ columns: Range<Int>) {
        kernels.project_up(
            c + columns.lowerBound,
            a,
            weights(of: columns.lowerBound).assumingMemoryBound(to: Float.self),
            scale,
            rows,
            columns.count,
            depth,
            strides.c,
            strides.a,
            strides.b
        )
    }

    private func multiply(_ columns: Range<Int>, apart: Int) {
        kernels.multiply_vectors(
            c + columns.lowerBound,
            a,
            weights(of: columns.lowerBound),
            type,
            rows,
            columns.count,
            apart,
            depth,
            strides.c,
            strides.a,
            strides.b,
            accumulates ? 1 : 0
        )
    }

    /// Where the weights of a column begin.
    private func weights(of column: Int) -> UnsafeRawPointer { weights + column * columnBytes }
}
