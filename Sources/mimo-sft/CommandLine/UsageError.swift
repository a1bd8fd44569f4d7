/// A command line or run file that cannot be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// No option has that name.
    ///
    /// - Parameters:
    ///   - name: the name as the user wrote it, without dashes in front.
    ///   - names: the options that there are.
    ///   - place: where it stands, `run.yaml:3: ` for instance.
    ///   - dashes: what the user puts in front of names there.
    /// - Returns: the error, which names the nearest option.
    static func unknownOption(
        _ name: String,
        in names: some Sequence<String>,
        place: String = "",
        dashes: String = "--"
    ) -> UsageError {
        var advice = ""
        if let nearest = Spelling.nearest(to: name.replacing("_", with: "-"), in: names) {
            // In the user's own spelling.
            let spelled = name.contains("-") ? nearest : nearest.replacing("-", with: "_")
            advice = "; did you mean \(dashes)\(spelled)?"
        }
        return UsageError("\(place)there is no option \(dashes)\(name)\(advice)")
    }
}

/// How far apart words are.
enum Spelling {
    /// The word that takes the fewest changes to get from `word`, if these are few for its length.
    static func nearest(to word: String, in candidates: some Sequence<String>) -> String? {
        let limit = max(2, word.count / 3)
        return candidates.map { ($0, distance(word, $0)) }
            .filter { $0.1 <= limit }
            .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// How many letters must be put in, left out or replaced (Levenshtein, 1966).
    static func distance(_ a: String, _ b: String) -> Int {
        let b = Array(b.utf8)
        var row = Array(0...b.count)
        for (i, x) in a.utf8.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
}
