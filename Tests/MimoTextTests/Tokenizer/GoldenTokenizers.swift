import Foundation
import MimoFiles
import MimoTestSupport
import MimoText
import Testing

/// The tokenizers and expectations of the folder `shared` that stands beside the checkout.
enum GoldenTokenizers: String, CaseIterable, CustomTestStringConvertible {
    case mimo
    case smollm2

    var testDescription: String { rawValue }

    /// Whether the folder is there; without it the golden tests are skipped.
    static let arePresent = FileManager.default.fileExists(
        atPath: Golden.shared("golden/tokenizer/mimo.jsonl")
    )

    var directory: String {
        switch self {
        case .mimo: Golden.shared("models/mimo-tokenizer")
        case .smollm2: Golden.shared("models/SmolLM2-135M-Instruct")
        }
    }

    private static let loaded: [GoldenTokenizers: Result<Tokenizer, any Error>] = Dictionary(
        uniqueKeysWithValues: allCases.map { which in
            (which, Result { try Tokenizer(directory: which.directory) })
        }
    )

    /// The tokenizer, loaded once for all tests.
    func tokenizer() throws -> Tokenizer {
        guard let result = Self.loaded[self] else { throw CocoaError(.fileNoSuchFile) }
        return try result.get()
    }

    /// A golden file's text.
    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: Golden.shared("golden/\(name)"), encoding: .utf8)
    }

    /// The rows of a golden file.
    static func rows(_ name: String) throws -> [JSON] {
        try text(name).split(separator: "\n").map { try JSON(parsing: String($0)) }
    }
}

extension JSON {
    /// The array of ids under a name.
    func ids(_ name: String) throws -> [Int32] {
        try #require(self[name]?.arrayValue).map { Int32(try #require($0.intValue)) }
    }
}

/// Whether two strings are the same bytes; `==` would take NFC and NFD for equal.
func sameBytes(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
