/// How many tokens a run still has to train on: known beforehand, as the orders of all epochs are.
struct TokenPlan {
    private let rows: RowSchedule
    private let lengths: [Int32]
    /// Tokens of the first steps of an epoch, by how many they are.
    private var sums: (epoch: Int, byStep: [Int]) = (-1, [])
    /// Tokens of all rows, once.
    let tokensPerEpoch: Int
    /// Tokens of the whole run.
    private(set) var total = 0

    init(rows: RowSchedule, totalSteps: Int, samples: any SampleSource) {
        self.rows = rows
        lengths = (0..<samples.count).map { Int32(clamping: samples.length(of: $0)) }
        tokensPerEpoch = lengths.reduce(0) { $0 + Int($1) }
        total = tokens(through: totalSteps)
    }

    /// Tokens of the longest row.
    var longest: Int { Int(lengths.max() ?? 0) }

    /// Tokens of the steps after so many.
    mutating func remaining(after step: Int) -> Int { total - tokens(through: step) }

    /// Tokens of so many steps from the beginning.
    private mutating func tokens(through step: Int) -> Int {
        let (epoch, within) = step.quotientAndRemainder(dividingBy: rows.stepsPerEpoch)
        guard within > 0 else { return epoch * tokensPerEpoch }
        if sums.epoch != epoch {
            let order = rows.order(epoch: epoch)
            sums = (epoch, [0])
            for step in 0..<rows.stepsPerEpoch {
                let tokens = rows.rows(of: step, in: order).reduce(0) { $0 + Int(lengths[$1]) }
                sums.byStep.append(sums.byStep[step] + tokens)
            }
        }
        return epoch * tokensPerEpoch + sums.byStep[within]
    }
}
