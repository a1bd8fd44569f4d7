import MimoData

/// What a memory plan must know about all rows of a run.
struct SampleCensus {
    /// Tokens that the loss reads of each row, the longest first.
    private let lengths: [Int32]
    /// How many different tokens the rows hold.
    let distinctTokens: Int

    /// Reads every row once.
    ///
    /// - Throws: Where a row cannot be read.
    init(_ samples: any SampleSource, vocabularySize: Int) throws {
        var lengths: [Int32] = []
        var isMet = [Bool](repeating: false, count: vocabularySize)
        for number in 0..<samples.count {
            let sample = try samples.sample(number)
            let needed = sample.labels.indices.dropFirst().last { sample.labels[$0] >= 0 } ?? 0
            lengths.append(Int32(needed))
            for id in sample.ids.prefix(needed) where isMet.indices.contains(Int(id)) {
                isMet[Int(id)] = true
            }
        }
        self.lengths = lengths.sorted(by: >)
        distinctTokens = isMet.count { $0 }
    }

    /// The most tokens that a pack can have, whichever rows come together.
    func longestPack(_ options: TrainerOptions) -> Int {
        func longest(_ rows: Int) -> Int { lengths.prefix(rows).reduce(0) { $0 + Int($1) } }
        let pack =
            options.packTokens > 0
            ? max(longest(1), min(options.packTokens, longest(options.rowsPerStep)))
            : longest(options.batchSize)
        return max(1, pack)
    }
}
