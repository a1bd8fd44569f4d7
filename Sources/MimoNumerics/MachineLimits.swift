import CMimoKernels
import COpenBLAS

/// What this machine can do at best, measured: the yardsticks of a benchmark.
public enum MachineLimits {
    /// The kernels that OpenBLAS has chosen for this processor, or was told to use by `OPENBLAS_CORETYPE`.
    public static var openBLASKernels: String { String(cString: openblas_get_corename()) }

    /// Time of one OpenBLAS product of floats, `c [m, n] = a [m, k] · b`, on the pool's number of threads.
    ///
    /// - Parameters:
    ///   - m: Rows of a and c.
    ///   - n: Columns of c.
    ///   - k: Columns of a.
    ///   - isTransposed: Whether b is `[n, k]` and is read transposed, as a linear layer's weight is forward.
    ///   - repeats: The best of so many runs counts, after one that warms up.
    /// - Returns: Seconds.
    public static func sgemmSeconds(m: Int, n: Int, k: Int, isTransposed: Bool, repeats: Int) -> Double {
        let a = Tensor(rows: m, columns: k)
        let b = isTransposed ? Tensor(rows: n, columns: k) : Tensor(rows: k, columns: n)
        let c = Tensor(rows: m, columns: n)
        // Zeros and denormals would be another measurement.
        a.fill(1.25)
        b.fill(0.75)
        openblas_set_num_threads(Int32(Compute.threads))
        defer { openblas_set_num_threads(1) }
        return best(of: repeats) {
            cblas_sgemm(
                CblasRowMajor,
                CblasNoTrans,
                isTransposed ? CblasTrans : CblasNoTrans,
                blasint(m),
                blasint(n),
                blasint(k),
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

    /// Time of the same product by ``Gemm``, with b a weight in bf16, so with its packing and widening.
    ///
    /// - Parameters:
    ///   - m: Rows of a and c.
    ///   - n: Columns of c.
    ///   - k: Columns of a.
    ///   - isTransposed: As in ``sgemmSeconds(m:n:k:isTransposed:repeats:)``.
    ///   - repeats: The best of so many runs counts, after one that warms up.
    /// - Returns: Seconds.
    public static func productSeconds(m: Int, n: Int, k: Int, isTransposed: Bool, repeats: Int) -> Double {
        let a = Tensor(rows: m, columns: k)
        a.fill(1.25)
        let c = Tensor(rows: m, columns: n)
        let storage = TensorStorage(byteCount: n * k * 2)
        // 0.75 as bf16.
        storage.base.assumingMemoryBound(to: UInt16.self).update(repeating: 0x3f40, count: n * k)
        let b = WeightMatrix(
            storage: storage,
            byteOffset: 0,
            type: .bf16,
            rows: isTransposed ? n : k,
            columns: isTransposed ? k : n
        )
        let gemm = Gemm()
        return best(of: repeats) {
            gemm.multiply([Product(c, [isTransposed ? .forward(a, b) : .backward(a, b)])])
        }
    }

    /// Bytes per second that the pool's threads read together from memory that no cache holds.
    public static func readBandwidth(bytes: Int = 1 << 30, repeats: Int = 5) -> Double {
        let memory = Tensor(rows: 1, columns: bytes / 4)
        memory.fill(1)
        let chunk = 1 << 18
        let sums = Tensor(rows: 1, columns: memory.columns / chunk)
        let time = best(of: repeats) {
            parallelFor(.copies, memory.columns / chunk) { index, _ in
                sums.pointer[index] = Float(kernels.sum_of_squares(memory.pointer + index * chunk, chunk))
            }
        }
        return Double(bytes) / time
    }

    private static func best(of repeats: Int, _ body: () -> Void) -> Double {
        body()
        return (0..<max(1, repeats)).map { _ in seconds(body) }.min() ?? 0
    }
}
