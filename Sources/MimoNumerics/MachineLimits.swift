import CMimoKernels
import COpenBLAS

/// What this machine can do at best, measured: the yardsticks of a benchmark.
public enum MachineLimits {
    /// The kernels that OpenBLAS has chosen for this processor, or was told to use by `OPENBLAS_CORETYPE`.
    public static var openBLASKernels: String { String(cString: openblas_get_corename()) }

    /// A product's shape and how its time is taken.
    public struct ProductTiming: Sendable {
        /// Rows of a and c.
        public var m: Int
        /// Columns of c.
        public var n: Int
        /// Columns of a.
        public var k: Int
        /// Whether b is `[n, k]` and is read transposed, as a linear layer's weight is forward.
        public var isTransposed: Bool
        /// The median of so many runs counts, after one that warms up.
        public var repeats: Int
        /// Whether each run has operands that no cache holds, as in training.
        public var isCold = false

        /// The time of `c [m, n] = a [m, k] · b`.
        public init(m: Int, n: Int, k: Int, isTransposed: Bool, repeats: Int, isCold: Bool = false) {
            (self.m, self.n, self.k) = (m, n, k)
            (self.isTransposed, self.repeats, self.isCold) = (isTransposed, repeats, isCold)
        }

        /// Sets of operands that are used in turn: together larger than any cache.
        fileprivate var sets: Int { isCold ? max(2, (512 << 20) / (4 * (m * k + k * n + m * n))) : 1 }

        fileprivate var weightShape: (rows: Int, columns: Int) { isTransposed ? (n, k) : (k, n) }

        // Zeros and denormals would be another measurement.
        fileprivate var inputs: [Tensor] { filled(rows: m, columns: k, 1.25) }
        fileprivate var outputs: [Tensor] { filled(rows: m, columns: n, 0) }

        fileprivate func filled(rows: Int, columns: Int, _ value: Float) -> [Tensor] {
            (0..<sets).map { _ in
                let tensor = Tensor(rows: rows, columns: columns)
                tensor.fill(value)
                return tensor
            }
        }
    }

    /// Seconds of one OpenBLAS product of floats, on the pool's number of threads.
    public static func sgemmSeconds(_ timing: ProductTiming) -> Double {
        let (a, c) = (timing.inputs, timing.outputs)
        let b = timing.filled(rows: timing.weightShape.rows, columns: timing.weightShape.columns, 0.75)
        openblas_set_num_threads(Int32(Compute.threads))
        defer { openblas_set_num_threads(1) }
        return median(of: timing.repeats) { run in
            let (a, b, c) = (a[run % timing.sets], b[run % timing.sets], c[run % timing.sets])
            cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                timing.isTransposed ? CblasTrans : CblasNoTrans,
                blasint(timing.m),
                blasint(timing.n),
                blasint(timing.k),
                1,
                a.pointer,
                blasint(a.stride),
                b.pointer,
                blasint(b.stride),
                0,
                c.pointer,
                blasint(c.stride)
            )
        }
    }

    /// Seconds of the same product by ``Gemm``, with b a weight in bf16, so with its packing and widening.
    public static func productSeconds(_ timing: ProductTiming) -> Double {
        let (a, c) = (timing.inputs, timing.outputs)
        let shape = timing.weightShape
        let b = (0..<timing.sets).map { _ in
            let storage = TensorStorage(byteCount: shape.rows * shape.columns * 2)
            // 0.75 as bf16.
            storage.base.assumingMemoryBound(to: UInt16.self)
                .update(repeating: 0x3f40, count: shape.rows * shape.columns)
            return WeightMatrix(
                storage: storage,
                byteOffset: 0,
                type: .bf16,
                rows: shape.rows,
                columns: shape.columns
            )
        }
        let gemm = Gemm()
        return median(of: timing.repeats) { run in
            let (a, b, c) = (a[run % timing.sets], b[run % timing.sets], c[run % timing.sets])
            gemm.multiply([Product(c, [timing.isTransposed ? .forward(a, b) : .backward(a, b)])])
        }
    }

    /// Memory that no cache holds, read to learn how fast that goes: again and again, in turn with what it is held
    /// against, for on a shared machine it changes by the second.
    public struct MemoryReading {
        private let memory: Tensor
        private let sums: Tensor
        private static let chunk = 1 << 16

        /// Takes so much memory, at least 16 MiB.
        public init(byteCount: Int = 512 << 20) {
            memory = Tensor(rows: max(64, byteCount / 4 / Self.chunk), columns: Self.chunk)
            sums = Tensor(rows: 1, columns: memory.rows)
            memory.fill(1)
        }

        /// Bytes per second at which the pool's threads read it together, each a range of its own.
        public func bytesPerSecond() -> Double {
            let time = seconds {
                parallelFor(.copies, memory.rows, inShares: true) { row, _ in
                    let start = memory.pointer + row * Self.chunk
                    sums.pointer[row] = Float(kernels.sum_of_squares(start, Self.chunk))
                }
            }
            return Double(memory.count * 4) / time
        }
    }

    /// What is usual: on a shared machine the best of a few short runs is luck that no long run has.
    private static func median(of repeats: Int, _ body: (_ run: Int) -> Void) -> Double {
        body(0)
        return (0..<max(1, repeats)).map { run in seconds { body(run + 1) } }.sorted()[max(1, repeats) / 2]
    }
}
