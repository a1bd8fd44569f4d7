/// The part of a pack that the layer for multi-token prediction runs over, and what it is scored against.
///
/// At token t the layer reads the state of t and the token t + 1 and predicts token t + 2. So a row's last token has
/// no place here, and what token t + 1 is scored against is learned a second time at token t.
struct PredictionPack {
    /// Places in the pack of the tokens whose states are read: all but the last of each row.
    let tokens: [Int]
    /// The token behind each of them.
    let nextIDs: [Int32]
    /// How they belong together: the pack's rows, each without its last token.
    let layout: PackLayout
    /// What is scored; a target's token is its place in ``tokens``.
    let targets: [TrainingPack.Target]

    /// The part of a pack whose rows share nothing.
    init(of pack: TrainingPack) {
        var tokens: [Int] = []
        var targets: [TrainingPack.Target] = []
        var rest = pack.targets[...]
        for segment in pack.layout.segments {
            precondition(segment.parent == nil, "rows that share tokens have no one token behind each")
            let before = tokens.count - segment.tokens.lowerBound
            while let target = rest.first, segment.tokens.contains(target.token) {
                rest.removeFirst()
                guard target.token > segment.tokens.lowerBound else { continue }
                var ahead = target
                ahead.token += before - 1
                targets.append(ahead)
            }
            tokens += segment.tokens.dropLast()
        }
        self.tokens = tokens
        self.targets = targets
        nextIDs = tokens.map { pack.ids[$0 + 1] }
        layout = PackLayout(rows: pack.layout.segments.map { max(0, $0.tokens.count - 1) })
    }
}

extension TrainingPack {
    /// How many targets the layer for multi-token prediction has: all but those of rows' first tokens.
    public var predictionTargets: Int {
        let firsts = Set(layout.segments.lazy.filter { $0.parent == nil }.map(\.tokens.lowerBound))
        return targets.reduce(0) { $0 + (firsts.contains($1.token) ? 0 : 1) }
    }
}
