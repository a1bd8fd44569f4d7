import Foundation
import MimoFiles

/// What tokenizer_config.json adds to a tokenizer.
struct TokenizerConfiguration: Sendable {
    /// The file as it is; empty where there is none.
    var members = JSONObject()

    let path: String

    /// Reads a file; one that is not there says nothing.
    init(path: String) throws {
        self.path = path
        guard FileManager.default.fileExists(atPath: path) else { return }
        let bytes: [UInt8]
        do {
            bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            throw TokenizerError.unreadable(path: path, reason: error.localizedDescription)
        }
        do {
            let value = try JSON(parsing: bytes)
            guard let object = value.objectValue else {
                throw TokenizerError.malformed(path: path, reason: "it is \(value.kind), not an object")
            }
            members = object
        } catch let error as JSONError {
            throw TokenizerError.malformed(path: path, reason: "\(error)")
        }
    }

    /// The token that plays a role, such as `eos_token`: written as text, or as an object with its content.
    func token(_ role: String) -> String? {
        members[role]?.stringValue ?? members[role]?["content"]?.stringValue
    }

    /// The roles whose tokens are special even where tokenizer.json does not say so.
    static let roles = [
        "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
    ]

    /// `added_tokens_decoder`: tokens by id, which may name some that tokenizer.json lacks.
    func addedTokens() throws -> [AddedToken] {
        guard let entries = members["added_tokens_decoder"]?.objectValue else { return [] }
        return try entries.map { try TokenizerFile.addedToken($0.value, id: Int($0.key), path) }
    }
}
