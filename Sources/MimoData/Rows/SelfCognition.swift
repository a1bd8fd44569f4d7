internal import MimoFiles

/// How the rows of a self-cognition set are filled in: `{{NAME}}` and `{{AUTHOR}}` by the row's language.
public struct SelfCognition: Sendable, Equatable {
    /// The model's name, Chinese and otherwise (`--model_name`); nil leaves the placeholder.
    public var name: Bilingual?
    /// Who made it (`--model_author`).
    public var author: Bilingual?
    /// What is put behind each query.
    public var querySuffix: String
    /// What is put in front of each response.
    public var responsePrefix: String

    /// A word for Chinese rows and one for all others.
    public struct Bilingual: Sendable, Equatable {
        /// For rows tagged `zh`.
        public var chinese: String
        /// For all other rows.
        public var other: String

        /// Reads the values of an option: one that serves both, or two.
        public init?(_ values: [String?]) {
            guard let first = values.first ?? nil else { return nil }
            chinese = first
            other = values.count > 1 ? values[1] ?? first : first
        }
    }

    /// The rows of a subset: `empty_think` answers behind an empty think block, `qwen3` does so too and asks
    /// for it.
    ///
    /// - Throws: ``DataError/badItem(_:reason:)`` where there is no such subset.
    public init(subset: String = "default", name: [String?] = [], author: [String?] = []) throws {
        self.name = Bilingual(name)
        self.author = Bilingual(author)
        let emptyThink = "<think>\n\n</think>\n\n"
        switch subset {
        case "default": (querySuffix, responsePrefix) = ("", "")
        case "empty_think": (querySuffix, responsePrefix) = ("", emptyThink)
        case "qwen3": (querySuffix, responsePrefix) = (" /no_think", emptyThink)
        default:
            throw DataError.badItem(
                subset,
                reason: "self-cognition has the subsets default, empty_think and qwen3"
            )
        }
    }

    /// Whether a row looks like one of a self-cognition set.
    static func fits(_ row: JSONObject) -> Bool {
        guard let query = row["query"]?.stringValue, let response = row["response"]?.stringValue,
            row["tag"] != nil
        else { return false }
        return [query, response].contains { $0.utf8Contains("{{NAME}}") || $0.utf8Contains("{{AUTHOR}}") }
    }

    /// Fills in a row of `query`, `response` and `tag`.
    ///
    /// - Throws: ``DataError/badRow(_:)`` where one of them is missing.
    func fill(_ row: inout JSONObject) throws {
        guard var query = row["query"]?.stringValue, var response = row["response"]?.stringValue else {
            throw DataError.badRow("a self-cognition row needs \"query\" and \"response\"")
        }
        for (placeholder, word) in [("{{NAME}}", name), ("{{AUTHOR}}", author)] {
            guard let word else { continue }
            guard let tag = row["tag"] else {
                throw DataError.badRow("a self-cognition row needs a \"tag\" that says its language (zh, en)")
            }
            let value = tag.stringValue == "zh" ? word.chinese : word.other
            query = query.utf8Replacing(placeholder, with: value)
            response = response.utf8Replacing(placeholder, with: value)
        }
        row["query"] = .string(query + querySuffix)
        row["response"] = .string(responsePrefix + response)
    }
}
