import MimoModel

/// A regular expression that must match a whole module path, as Python's `re.fullmatch` sees it.
struct PythonPattern {
    private let regex: Regex<AnyRegexOutput>

    /// - Throws: ``AdapterError/invalidPattern(pattern:reason:)``.
    init(_ pattern: String) throws {
        do {
            regex = try Regex(pattern).matchingSemantics(.unicodeScalar)
        } catch {
            throw AdapterError.invalidPattern(pattern: pattern, reason: "\(error)")
        }
    }

    /// The expression of a pattern table's key: it matches the end of a path, from the start or after a dot
    /// (PEFT's `get_pattern_key`).
    init(endOfPath key: String) throws {
        do {
            // Checked by itself, so that a key cannot close the group around it.
            _ = try PythonPattern(key)
            try self.init("(.*\\.)?(\(key))")
        } catch AdapterError.invalidPattern(_, let reason) {
            throw AdapterError.invalidPattern(pattern: key, reason: reason)
        }
    }

    func matches(_ path: String) -> Bool {
        (try? regex.wholeMatch(in: path)) != nil
    }
}
