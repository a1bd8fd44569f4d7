public import MimoAdapter
public import MimoModel
import MimoNumerics
public import MimoText

/// Whether a merged model says what its base says with the adapter: the log-probabilities of sample texts' tokens,
/// one beside the other.
public struct MergeCheck: Sendable, Equatable {
    /// Tokens that were compared.
    public let tokens: Int
    /// Mean of the differences' magnitudes, in nats.
    public let mean: Double
    /// The largest of them, in nats.
    public let largest: Double

    /// Texts of several kinds, for no text in particular is to be merged well.
    static let texts = [
        "The capital of France is Paris, and the river through it is called the Seine.",
        "<think>\n40 + 30 = 70, 7 + 8 = 15, so 47 + 38 = 85.\n</think>\n\n47 + 38 = 85.",
        "浙江的省会是杭州。西湖在杭州，春天去看桃花的人很多。",
        "def mean(values):\n    return sum(values) / len(values)\n",
    ]

    /// Compares the two.
    ///
    /// - Parameters:
    ///   - base: The base model.
    ///   - adapter: What was merged into it.
    ///   - merged: The folder of the merged model, which is read anew.
    ///   - tokenizer: The base's; without one, rows of ids stand for texts.
    /// - Throws: ``MimoModel/ModelError`` where the merged model cannot be read.
    public init(base: Checkpoint, adapter: Adapter, merged: String, tokenizer: Tokenizer?) throws {
        var adapted = try Decoder(base)
        adapter.attach(to: &adapted, isTrained: false)
        let alone = try Decoder(Checkpoint(directory: merged))
        let rows = Self.rows(tokenizer, vocabularySize: base.config.vocabularySize)
        let differences = zip(
            Self.logProbabilities(of: rows, adapted),
            Self.logProbabilities(of: rows, alone)
        )
        // NaN on either side must not look like agreement.
        .map { abs($0 - $1).isNaN ? .infinity : abs($0 - $1) }
        tokens = differences.count
        mean = differences.reduce(0, +) / Double(max(1, differences.count))
        largest = differences.max() ?? 0
    }

    private static func rows(_ tokenizer: Tokenizer?, vocabularySize: Int) -> [[Int32]] {
        guard let tokenizer else {
            return (0..<4).map { row in
                (0..<24).map { Int32((row * 7919 + $0 * $0 * 104_729 + $0 * 31) % vocabularySize) }
            }
        }
        return texts.map { tokenizer.encode($0) }.filter { $0.count > 1 }
    }

    /// The log-probability of every token but the first of each row.
    private static func logProbabilities(of rows: [[Int32]], _ decoder: Decoder) -> [Double] {
        let pass = InferencePass(decoder)
        return rows.flatMap { ids in
            let logits = pass.run([(cache: KeyValueCache(decoder.config), ids: ids)], logits: .all)
            return ids.indices.dropFirst().map { place in
                TokenLogProbability(
                    of: ids[place],
                    in: logits.rows(place - 1..<place).elements,
                    top: 0
                ).logProbability
            }
        }
    }
}
