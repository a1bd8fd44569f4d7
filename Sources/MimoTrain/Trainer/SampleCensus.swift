import MimoData

/// The rows of a run, and all that must be known of them before it begins: each is read once.
struct SampleCensus {
    /// The rows.
    let source: any SampleSource
    /// Names their content.
    let fingerprint: String
    /// How many labels count.
    let countedTokens: Int
    /// Tokens that the loss reads of each row, the longest first.
    private let lengths: [Int32]
    /// Whether the rows hold a token, by its id.
    private let isMet: [Bool]

    /// Reads every row.
    ///
    /// - Parameters:
    ///   - samples: The rows.
    ///   - vocabularySize: How many tokens the model has embeddings for.
    /// - Throws: Where a row cannot be read; ``MimoData/DataError`` for ids that the model has no embedding for.
    init(_ samples: any SampleSource, vocabularySize: Int) throws {
        var fingerprint = Fingerprint()
        var counted = 0
        var lengths: [Int32] = []
        var isMet = [Bool](repeating: false, count: vocabularySize)
        for number in 0..<samples.count {
            let sample = try samples.sample(number)
            if let id = sample.ids.first(where: { $0 < 0 || $0 >= vocabularySize }) {
                throw DataError.badRow(
                    "\(sample.origin): token \(id) is beyond the model's vocabulary of \(vocabularySize); "
                        + "its tokenizer belongs to another model"
                )
            }
            fingerprint.add(sample)
            counted += sample.labels.dropFirst().count { $0 >= 0 }
            let needed = sample.labels.indices.dropFirst().last { sample.labels[$0] >= 0 } ?? 0
            lengths.append(Int32(needed))
            for id in sample.ids.prefix(needed) { isMet[Int(id)] = true }
        }
        source = samples
        self.fingerprint = fingerprint.text
        countedTokens = counted
        self.lengths = lengths.sorted(by: >)
        self.isMet = isMet
    }

    /// Tokens that the loss reads of all rows.
    var neededTokens: Int { lengths.reduce(0) { $0 + Int($1) } }

    /// How many different tokens these rows and others hold.
    func distinctTokens(with other: SampleCensus? = nil) -> Int {
        guard let other else { return isMet.count { $0 } }
        return zip(isMet, other.isMet).count { $0 || $1 }
    }

    /// The most tokens that a pack can have, whichever rows come together.
    ///
    /// - Parameters:
    ///   - rows: Rows that are divided into packs at a time.
    ///   - packTokens: Tokens of a pack; 0 makes a pack of each `batchSize` rows.
    ///   - batchSize: Rows of a micro-batch.
    /// - Returns: Tokens, at least 1.
    func longestPack(of rows: Int, packTokens: Int, batchSize: Int) -> Int {
        func longest(_ rows: Int) -> Int { lengths.prefix(rows).reduce(0) { $0 + Int($1) } }
        let pack =
            packTokens > 0 ? max(longest(1), min(packTokens, longest(rows))) : longest(batchSize)
        return max(1, pack)
    }
}
