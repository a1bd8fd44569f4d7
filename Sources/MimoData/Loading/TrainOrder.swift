/// The order in which samples are trained on, epoch after epoch: known for any position at once, so that a
/// resumed run goes on where it stopped without replaying.
public struct TrainOrder: Sendable, Equatable {
    /// How many samples an epoch has.
    public let count: Int
    /// What the shuffles depend on.
    public let seed: UInt64
    /// Whether each epoch has an order of its own, or the samples come as they are.
    public let shuffles: Bool

    /// An order.
    public init(count: Int, seed: UInt64, shuffles: Bool = true) {
        self.count = count
        self.seed = seed
        self.shuffles = shuffles
    }

    /// The sample at a position of the whole run; position `count` begins the second epoch.
    ///
    /// - Parameter position: counted in samples from the run's beginning.
    public subscript(position: Int) -> Int {
        let (epoch, place) = position.quotientAndRemainder(dividingBy: count)
        return shuffles ? Permutation(count: count, seed: seed, stream: UInt64(epoch))[place] : place
    }

    /// The samples of a stretch of the run that lies within one epoch or crosses into the next.
    ///
    /// - Parameter positions: counted in samples from the run's beginning.
    /// - Returns: the samples' indices in order.
    public func indices(_ positions: Range<Int>) -> [Int] {
        guard count > 0 else { return [] }
        return positions.map { self[$0] }
    }
}
