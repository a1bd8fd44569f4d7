internal import Dispatch
import MimoNumerics

/// Some blocks whose mapped weights are in memory only around their use, which leaves more of it for activations.
///
/// A pass goes up through the blocks and down again. When it comes to a streamed block, the pages of the one before
/// are given back to the system, and those of the one after are read while the blocks in between compute. So two
/// streamed blocks are resident at a time. What the system's cache still holds of the others comes back without the
/// disk; and as the way down begins where the way up ended, so does what was used last.
final class WeightStream {
    /// How many streamed blocks are resident at a time.
    private static let window = 2

    /// The streamed blocks, rising.
    private let indices: [Int]
    private let weights: [Int: [WeightMatrix]]
    private var resident: [Int] = []
    private let reader = DispatchQueue(label: "weights")
    private let reading = DispatchGroup()

    /// Streams so many blocks of the model; what is resident of them is given back.
    init(_ decoder: Decoder, blocks count: Int) {
        indices = Self.indices(count, of: decoder.blocks.count)
        weights = Dictionary(uniqueKeysWithValues: indices.map { ($0, decoder.blocks[$0].mappedWeights) })
        indices.forEach(release)
    }

    /// Which blocks are streamed: evenly among the others, so that there is time to read each.
    static func indices(_ count: Int, of blocks: Int) -> [Int] {
        (0..<blocks).filter { ($0 * count + blocks / 2) % blocks < count }
    }

    /// How much less is resident where so many blocks are streamed, in bytes.
    static func savedBytes(_ decoder: Decoder, blocks count: Int) -> Int {
        let sizes = indices(count, of: decoder.blocks.count).map { index in
            decoder.blocks[index].mappedWeights.reduce(0) { $0 + $1.mappedBytes }
        }
        return sizes.sorted().dropLast(window).reduce(0, +)
    }

    /// Comes before a block's use on the way up.
    func willUseGoingUp(_ index: Int) {
        // At the top the pass turns round.
        use(index, then: indices.first { $0 > index } ?? index)
    }

    /// Comes before a block's use on the way down, which ends at the block `lowest`.
    func willUseGoingDown(_ index: Int, lowest: Int) {
        // The next pass begins at the bottom.
        use(index, then: indices.last { $0 < index && $0 >= lowest } ?? indices.first ?? index)
    }

    private func use(_ index: Int, then next: Int) {
        guard weights[index] != nil else { return }
        // What is read too late would stay for nobody to give back.
        finishReading()
        let needed = index == next ? [index] : [index, next]
        for block in resident where !needed.contains(block) { release(block) }
        let missing = needed.filter { !resident.contains($0) }.compactMap { weights[$0] }
        resident = needed
        guard !missing.isEmpty else { return }
        reader.async(group: reading) {
            for weight in missing.joined() { weight.fetchPages() }
        }
    }

    /// Waits for what is being read.
    func finishReading() { reading.wait() }

    private func release(_ block: Int) {
        weights[block]?.forEach { $0.releasePages() }
    }
}

extension DecoderBlock {
    /// The weights of the linears that are mapped from a file.
    fileprivate var mappedWeights: [WeightMatrix] {
        DecoderLinear.allCases.map { self[$0].weight }.filter { $0.mappedBytes > 0 }
    }
}
