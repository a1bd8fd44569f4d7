/// Draws from several lists by turns, each as likely as it is given.
public struct Interleaving: Sendable, Equatable {
    /// When drawing ends.
    public enum Stopping: String, Sendable, Codable, CaseIterable {
        /// As soon as a list has nothing left.
        case firstExhausted = "first_exhausted"
        /// When every list was gone through at least once; those that end earlier begin again.
        case allExhausted = "all_exhausted"
    }

    private let cumulative: [Double]
    private let stopping: Stopping
    private let key: UInt64

    /// Draws as likely as `probabilities` say, which need not sum up to 1.
    ///
    /// - Parameters:
    ///   - probabilities: one for each list, above 0.
    ///   - stopping: when drawing ends.
    ///   - seed: what the draws depend on.
    ///   - stream: what tells draws of one seed apart.
    public init(probabilities: [Double], stopping: Stopping, seed: UInt64, stream: UInt64 = 0) {
        let sum = probabilities.reduce(0, +)
        var reached = 0.0
        cumulative = probabilities.map { probability in
            reached += probability / sum
            return reached
        }
        self.stopping = stopping
        key = Permutation.mixed(seed) ^ Permutation.mixed(stream)
    }

    /// The elements in the order in which they are drawn.
    ///
    /// - Parameter lists: as many as there are probabilities; where one is empty nothing can be drawn.
    /// - Returns: the elements, in each list's own order.
    public func mixed<Element>(_ lists: [[Element]]) -> [Element] {
        guard lists.count == cumulative.count, lists.allSatisfy({ !$0.isEmpty }) else { return [] }
        var positions = [Int](repeating: 0, count: lists.count)
        var isExhausted = [Bool](repeating: false, count: lists.count)
        var drawn: [Element] = []
        while true {
            let draw = Double(Permutation.mixed(key &+ UInt64(drawn.count)) >> 11) * 0x1p-53
            let list = cumulative.firstIndex { draw < $0 } ?? lists.count - 1
            drawn.append(lists[list][positions[list]])
            positions[list] += 1
            guard positions[list] == lists[list].count else { continue }
            positions[list] = 0
            isExhausted[list] = true
            if stopping == .firstExhausted || isExhausted.allSatisfy({ $0 }) { return drawn }
        }
    }
}
