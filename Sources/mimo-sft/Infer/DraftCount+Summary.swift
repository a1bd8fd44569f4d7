import MimoInfer
import MimoTrain

extension DraftCount {
    /// "36 of 40 drafts accepted (90.0 %)"
    var summary: String {
        let share = rate.map { " (\(Figure.fixed($0 * 100, 1)) %)" } ?? ""
        return "\(accepted) of \(proposed) drafts accepted\(share)"
    }
}
