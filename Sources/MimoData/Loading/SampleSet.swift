internal import MimoFiles

/// Samples in an order, held compactly: in memory as far as that goes, the rest on disk.
public struct SampleSet: Sendable {
    private let storage: SampleStorage
    /// The stored samples in the set's order; a sample may come several times.
    private let order: [UInt32]

    init(_ storage: SampleStorage, order: [UInt32]) {
        self.storage = storage
        self.order = order
    }

    /// A set of given samples, in their order.
    ///
    /// - Parameters:
    ///   - samples: the samples.
    ///   - memoryWords: about how many tokens are kept in memory; the rest goes to disk.
    /// - Throws: ``FileError`` where they do not fit in memory and cannot be put on disk.
    public init(_ samples: [Sample], memoryWords: Int = 64 << 20) throws {
        let builder = SampleStorage.Builder(memory: memoryWords)
        for sample in samples { try builder.append(sample) }
        self.init(builder.finish(), order: Array(0..<UInt32(samples.count)))
    }

    /// How many samples there are.
    public var count: Int { order.count }

    /// How many tokens a sample has.
    public func length(of index: Int) -> Int {
        storage.length(of: Int(order[index]))
    }

    /// How many tokens of a sample are learned.
    public func countedTokens(of index: Int) -> Int {
        storage.countedTokens(of: Int(order[index]))
    }

    /// How many tokens all samples have.
    public var tokens: Int { order.reduce(0) { $0 + storage.length(of: Int($1)) } }

    /// How many tokens of all samples are learned.
    public var countedTokens: Int { order.reduce(0) { $0 + storage.countedTokens(of: Int($1)) } }

    /// The length of the longest sample, in tokens.
    public var longest: Int { order.reduce(0) { max($0, storage.length(of: Int($1))) } }

    /// A sample.
    ///
    /// - Parameter index: below ``count``.
    /// - Returns: the sample as it was encoded.
    /// - Throws: ``FileError`` where it was put on disk and cannot be read.
    public func sample(_ index: Int) throws -> Sample {
        try storage.sample(Int(order[index]))
    }
}
