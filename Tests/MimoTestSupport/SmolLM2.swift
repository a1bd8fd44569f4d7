import Foundation

/// SmolLM2-135M-Instruct with its weights, which are in no repository: `MIMO_SMOLLM2` names the folder, else it
/// is looked for beside the checkout. `../shared/models/smollm2.py` makes one.
///
///     MIMO_SMOLLM2=/path/to/smollm2 bash Tests/run.sh --filter SmolLM2
public enum SmolLM2 {
    /// The folder; nil where there is none, and then what needs it is skipped.
    public static let folder: String? = {
        let named = ProcessInfo.processInfo.environment["MIMO_SMOLLM2"]
        let candidates = [named, Golden.shared("models/SmolLM2-135M-Instruct")].compactMap { $0 }
        return candidates.first { FileManager.default.fileExists(atPath: "\($0)/model.safetensors") }
    }()

    /// Whether the weights and a golden fixture are there.
    public static func has(_ fixture: String) -> Bool {
        folder != nil && Golden.has("model/smollm2/\(fixture)")
    }
}
