import MimoNumerics

/// What rounding a merged weight to its type has changed of it.
public struct MergeRounding: Sendable, Equatable {
    /// The tensor.
    public let tensor: String
    /// The largest change of an element.
    public private(set) var largest = 0.0
    private var squaredError = 0.0
    private var squaredUpdate = 0.0

    init(tensor: String) { self.tensor = tensor }

    /// The change beside the update itself, as a share of its norm: where it nears 1, the update is finer than
    /// the weight's type and much of it is lost.
    public var lostShare: Double { squaredUpdate > 0 ? (squaredError / squaredUpdate).squareRoot() : 0 }

    /// Counts some rows: as they were, with the update, and as they were written.
    mutating func add(_ weight: WeightMatrix, merged: Tensor, written: [UInt8]) {
        guard weight.type != .f32 else { return }
        let before = weight.widened()
        var (error, update, most) = (0.0, 0.0, Float(0))
        written.withUnsafeBytes { bytes in
            let words = bytes.bindMemory(to: UInt16.self)
            for row in 0..<merged.rows {
                var (rowError, rowUpdate) = (Float(0), Float(0))
                for column in 0..<merged.columns {
                    let word = UInt16(littleEndian: words[row * merged.columns + column])
                    let rounded =
                        weight.type == .bf16
                        ? Float(bitPattern: UInt32(word) << 16) : Float(Float16(bitPattern: word))
                    let change = rounded - merged[row, column]
                    let delta = merged[row, column] - before[row, column]
                    rowError += change * change
                    rowUpdate += delta * delta
                    most = max(most, abs(change))
                }
                error += Double(rowError)
                update += Double(rowUpdate)
            }
        }
        squaredError += error
        squaredUpdate += update
        largest = max(largest, Double(most))
    }
}
