import CMimoKernels

/// The place of the highest of scores, which greedy decoding takes: the first of equals; nil where a score is NaN or
/// infinity, or none is above minus infinity.
public enum Argmax {
    /// Of one row, `[1, n]`, where it lies.
    public static func place(in row: Tensor) -> Int? {
        precondition(row.rows == 1)
        return place(row.pointer, row.columns)
    }

    /// Of an array.
    public static func place(in scores: [Float]) -> Int? {
        scores.withUnsafeBufferPointer { scores in
            scores.baseAddress.flatMap { place($0, scores.count) }
        }
    }

    private static func place(_ scores: UnsafePointer<Float>, _ count: Int) -> Int? {
        let place = kernels.argmax(scores, count)
        return place < 0 ? nil : place
    }
}
