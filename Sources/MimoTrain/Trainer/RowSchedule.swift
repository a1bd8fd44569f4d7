/// Which rows each optimizer step takes: a function of the seed and the step, so that any step can be sought at
/// once.
public struct RowSchedule: Sendable, Equatable {
    /// Rows of an epoch.
    public let rowCount: Int
    /// Rows of a step; the last step of an epoch may have fewer.
    public let rowsPerStep: Int
    /// Names the orders.
    public let seed: UInt64
    /// Whether each epoch has an order of its own.
    public let shuffles: Bool

    /// A schedule over this many rows, at least one.
    public init(rowCount: Int, rowsPerStep: Int, seed: UInt64, shuffles: Bool) {
        precondition(rowCount > 0 && rowsPerStep > 0)
        self.rowCount = rowCount
        self.rowsPerStep = rowsPerStep
        self.seed = seed
        self.shuffles = shuffles
    }

    /// Steps of an epoch.
    public var stepsPerEpoch: Int { (rowCount + rowsPerStep - 1) / rowsPerStep }

    /// Steps of a run of so many epochs, as transformers counts them.
    public func steps(epochs: Double) -> Int {
        max(1, Int((epochs * Double(stepsPerEpoch)).rounded(.up)))
    }

    /// Epochs done after a step, counted from 0.
    public func epoch(after step: Int) -> Double {
        let within = (step + 1) % stepsPerEpoch
        let whole = Double((step + 1) / stepsPerEpoch)
        return whole + Double(within * rowsPerStep) / Double(rowCount)
    }

    /// The rows of one epoch in their order.
    public func order(epoch: Int) -> [Int] {
        guard shuffles else { return Array(0..<rowCount) }
        var generator = SplitMix64(state: seed &+ UInt64(epoch) &* 0x9E37_79B9_7F4A_7C15)
        return (0..<rowCount).shuffled(using: &generator)
    }

    /// The rows of a step, counted from 0, in their order.
    ///
    /// - Parameters:
    ///   - step: Which step of the run.
    ///   - order: The order of the step's epoch, from ``order(epoch:)``.
    /// - Returns: At least one row.
    public func rows(of step: Int, in order: [Int]) -> [Int] {
        let start = step % stepsPerEpoch * rowsPerStep
        return Array(order[start..<min(start + rowsPerStep, rowCount)])
    }

    /// The epoch of a step, counted from 0.
    public func epoch(of step: Int) -> Int { step / stepsPerEpoch }
}

/// Steele, Lea and Flood's generator (2014), for orders and first values; not for secrets.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
