import Foundation

/// Where the reference outputs lie: small ones in `Tests/Fixtures`, all of them in `../shared/golden` where that
/// stands beside the checkout.
public enum Golden {
    /// The root of the package.
    public static let package = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path(percentEncoded: false)

    /// The tiny models' names.
    public static let tinyModels = ["tiny-mimo", "tiny-qwen2", "tiny-llama", "tiny-qwen3", "tiny-mistral"]

    /// The path of a fixture such as `model/tiny-mimo/config.json`.
    public static func path(_ name: String) -> String {
        let own = "\(package)Tests/Fixtures/\(name)"
        return FileManager.default.fileExists(atPath: own) ? own : shared("golden/\(name)")
    }

    /// Whether the fixture is there; tests of others are skipped.
    public static func has(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path(name))
    }

    /// A path in the folder that stands beside the checkout.
    public static func shared(_ name: String) -> String { "\(package)../shared/\(name)" }
}
