import CMimoKernels

/// The best of scores, as greedy decoding wants it.
public enum Highest {
    /// The column of the highest element of one row; nil where ``place(in:)-([Float])`` finds none. Nothing is copied.
    public static func place(in row: Tensor) -> Int? {
        precondition(row.rows == 1)
        return place(row.pointer, row.columns)
    }

    /// The place of the highest score, the first of equals; nil where a score is NaN or infinity, or none is above minus
    /// infinity.
    public static func place(in scores: [Float]) -> Int? {
        scores.withUnsafeBufferPointer { scores in
            scores.baseAddress.flatMap { place($0, scores.count) }
        }
    }

    private static func place(_ scores: UnsafePointer<Float>, _ count: Int) -> Int? {
        let place = kernels.highest(scores, count)
        return place < 0 ? nil : place
    }
}
