import MimoData
import MimoFiles
import MimoText

/// What a report says of a run beside what its folder holds.
struct RunFacts {
    /// A stretch of a row's text of one weight in the loss.
    struct Stretch: Equatable {
        /// The text.
        var text: String
        /// Its weight; 0 where nothing is learned.
        var weight: Float
    }

    /// Facts with their names: the model, the adapter, the rows.
    var facts: [(name: String, text: String)] = []
    /// A row as it is trained on.
    var mask: [Stretch] = []
    /// Where that row stands.
    var maskOrigin = ""
    /// Threads of the arithmetic.
    var threads = 1

    /// Tokens of the row that are shown.
    private static let shownTokens = 1500

    /// A sample's text in stretches of one weight.
    static func stretches(of sample: Sample, _ tokenizer: Tokenizer) -> [Stretch] {
        var stretches: [Stretch] = []
        var ids: [Int32] = []
        var current: Float?
        for index in sample.ids.indices.prefix(shownTokens) {
            let isLearned = sample.labels[index] != Sample.ignored
            let weight = isLearned ? sample.lossScale?[index] ?? 1 : 0
            if let last = current, last != weight {
                stretches.append(Stretch(text: tokenizer.decode(ids), weight: last))
                ids = []
            }
            current = weight
            ids.append(sample.ids[index])
        }
        if let current { stretches.append(Stretch(text: tokenizer.decode(ids), weight: current)) }
        if sample.ids.count > shownTokens { stretches.append(Stretch(text: "…", weight: 0)) }
        return stretches
    }
}
