import MimoData
import MimoModel

/// Loss and token accuracy of rows that are not trained on.
///
/// The loss is that of training: `Σ weight · CE / N` over all counted labels of all rows, without dropout. Unlike
/// a mean of batches' means it does not depend on how rows fall into batches.
struct ValidationLoss {
    /// Rows that are read and packed at a time.
    static let rowsAtATime = 64

    private let rows: any SampleSource
    private let pass: TrainingPass
    private let packTokens: Int
    private let batchSize: Int
    private let sharing: PrefixSharing?

    init(
        _ rows: any SampleSource,
        pass: TrainingPass,
        packTokens: Int,
        batchSize: Int,
        sharing: PrefixSharing?
    ) {
        self.rows = rows
        self.pass = pass
        self.packTokens = packTokens
        self.batchSize = batchSize
        self.sharing = sharing
    }

    /// Scores all rows.
    ///
    /// - Parameter report: Told before each pass how many rows are done; an answer of ``Disposition/stop`` ends it.
    /// - Returns: `loss`, `token_acc`, where the layer for multi-token prediction is trained also its `mtp_loss` and
    ///   `mtp_token_acc`, and how many passes that took; nil where it was ended.
    /// - Throws: Where a row cannot be read again.
    func evaluate(_ report: (_ done: Int) -> Disposition) throws -> (
        metrics: [Evaluation.Metric], passes: Int
    )? {
        var found = PassResult()
        var passes = 0
        for start in stride(from: 0, to: rows.count, by: Self.rowsAtATime) {
            let numbers = start..<min(start + Self.rowsAtATime, rows.count)
            let plan = PackPlan(
                try numbers.map { try rows.sample($0) },
                firstNumber: start,
                capacity: packTokens > 0 ? packTokens : nil,
                batchSize: batchSize,
                sharing: sharing
            )
            for (place, pack) in plan.packs.enumerated() {
                if case .stop = report(start + place * numbers.count / plan.packs.count) { return nil }
                found.add(pass.run(pack, normalizer: nil))
            }
            passes += plan.packs.count
        }
        var metrics = Self.metrics(found.main)
        if pass.predictionWeight > 0 { metrics += Self.metrics(found.prediction, prefix: "mtp_") }
        return (metrics, passes)
    }

    private static func metrics(_ score: TargetScore, prefix: String = "") -> [Evaluation.Metric] {
        [
            .init("\(prefix)loss", score.loss),
            .init("\(prefix)token_acc", Double(score.correct) / Double(max(1, score.targets))),
        ]
    }
}
