public import MimoData

/// The rows of a run as samples, by number: in memory, or made when they are asked for.
public protocol SampleSource: Sendable {
    /// Number of rows.
    var count: Int { get }
    /// The sample of one row.
    ///
    /// - Throws: Where the row cannot be read again.
    func sample(_ number: Int) throws -> Sample
    /// How many tokens one row has.
    func length(of number: Int) -> Int
}

/// Samples that are all held in memory.
public struct SampleArray: SampleSource {
    private let samples: [Sample]

    /// A source of these samples.
    public init(_ samples: [Sample]) {
        self.samples = samples
    }

    /// Number of samples.
    public var count: Int { samples.count }

    /// One of them.
    public func sample(_ number: Int) -> Sample { samples[number] }

    /// How many tokens one of them has.
    public func length(of number: Int) -> Int { samples[number].ids.count }
}
