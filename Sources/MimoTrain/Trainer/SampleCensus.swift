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
    /// What they have in common from their first token on.
    private let beginnings: CommonBeginnings

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
        var compared: [[Int32]] = []
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
            if CommonBeginnings.compares(number, of: samples.count) {
                compared.append(Array(sample.ids.prefix(min(needed, CommonBeginnings.comparedTokens))))
            }
        }
        source = samples
        self.fingerprint = fingerprint.text
        countedTokens = counted
        self.lengths = lengths.sorted(by: >)
        self.isMet = isMet
        beginnings = CommonBeginnings(compared)
    }

    /// Tokens that the loss reads of all rows.
    var neededTokens: Int { lengths.reduce(0) { $0 + Int($1) } }

    /// How many different tokens these rows and others hold.
    func distinctTokens(with other: SampleCensus? = nil) -> Int {
        guard let other else { return isMet.count { $0 } }
        return zip(isMet, other.isMet).count { $0 || $1 }
    }

    /// How rows share what they begin with.
    ///
    /// - Parameters:
    ///   - rows: Rows that are divided into packs at a time.
    ///   - packTokens: Tokens of a pack of rows that share nothing.
    /// - Returns: Longer packs, where many rows begin with the same.
    func prefixSharing(among rows: Int, packTokens: Int) -> PrefixSharing {
        // Longer packs are for what an eighth of the rows begins with, and two of those that are divided together.
        PrefixSharing(
            packTokens: packTokens,
            longestRow: Int(lengths.first ?? 0),
            commonTokens: beginnings.longest(sharedBy: max(1.0 / 8, 2.0 / Double(max(1, rows))))
        )
    }

    /// The most tokens that a pack can have, whichever rows come together.
    ///
    /// - Parameters:
    ///   - rows: Rows that are divided into packs at a time.
    ///   - packTokens: Tokens of a pack; 0 makes a pack of each `batchSize` rows.
    ///   - batchSize: Rows of a micro-batch.
    ///   - sharing: How rows share what they begin with; nil: they do not.
    /// - Returns: Tokens, at least 1.
    func longestPack(of rows: Int, packTokens: Int, batchSize: Int, sharing: PrefixSharing?) -> Int {
        func longest(_ rows: Int) -> Int { lengths.prefix(rows).reduce(0) { $0 + Int($1) } }
        guard packTokens > 0 else { return max(1, longest(batchSize)) }
        return max(1, longest(1), min(max(packTokens, sharing?.packTokens ?? 0), longest(rows)))
    }
}
