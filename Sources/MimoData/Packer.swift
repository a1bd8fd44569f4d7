/// Puts samples together so that each group fills the room it is given: a pack is computed as one sequence in
/// which every sample attends to itself alone.
public struct Packer: Sendable, Equatable {
    /// In which order samples look for a place.
    public enum Order: String, Sendable, Codable, CaseIterable {
        /// As they come: a pack is closed when the next sample does not fit, so that neighbours stay together.
        case arrival
        /// The longest first, each into the fullest pack that still takes it: the fewest packs in practice
        /// (best-fit decreasing, at most 11/9 of the optimum and a bit; Johnson, 1973).
        case longestFirst = "longest_first"
    }

    /// The most tokens in a pack; a sample that is longer gets a pack of its own.
    public var limit: Int
    /// In which order samples look for a place.
    public var order: Order

    /// A packer.
    public init(limit: Int, order: Order = .longestFirst) {
        self.limit = max(1, limit)
        self.order = order
    }

    /// The packs for samples of these lengths.
    ///
    /// - Parameter lengths: in tokens.
    /// - Returns: groups of indices into `lengths`, each ascending; each index occurs once. Packs come in the
    ///   order of their first sample, so that the same lengths always give the same packs.
    public func packs(of lengths: [Int]) -> [[Int]] {
        switch order {
        case .arrival: packsInArrivalOrder(lengths)
        case .longestFirst: packsLongestFirst(lengths)
        }
    }

    private func packsInArrivalOrder(_ lengths: [Int]) -> [[Int]] {
        var packs: [[Int]] = []
        var room = 0
        for (index, length) in lengths.enumerated() {
            if length > room || packs.isEmpty {
                packs.append([])
                room = limit
            }
            packs[packs.count - 1].append(index)
            room -= length
        }
        return packs
    }

    private func packsLongestFirst(_ lengths: [Int]) -> [[Int]] {
        var packs: [(indices: [Int], room: Int)] = []
        for index in lengths.indices.sorted(by: { (-lengths[$0], $0) < (-lengths[$1], $1) }) {
            var best: Int?
            for (pack, candidate) in packs.enumerated() where candidate.room >= lengths[index] {
                if best.map({ packs[$0].room > candidate.room }) ?? true { best = pack }
            }
            if let best {
                packs[best].indices.append(index)
                packs[best].room -= lengths[index]
            } else {
                packs.append(([index], limit - lengths[index]))
            }
        }
        return packs.map { $0.indices.sorted() }.sorted { $0[0] < $1[0] }
    }
}
