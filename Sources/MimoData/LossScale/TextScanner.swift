internal import MimoFiles

/// A position in the scalars of a text, with the few moves that the strategies' patterns need.
struct TextScanner {
    private let scalars: String.UnicodeScalarView
    private(set) var position: String.UnicodeScalarView.Index

    init(_ text: String) {
        scalars = text.unicodeScalars
        position = scalars.startIndex
    }

    /// What the scanner has passed.
    var passed: String { String(String.UnicodeScalarView(scalars[..<position])) }

    /// What lies ahead.
    var rest: String { String(String.UnicodeScalarView(scalars[position...])) }

    /// Passes the given text if it comes next.
    mutating func pass(_ text: String) -> Bool {
        var position = position
        for scalar in text.unicodeScalars {
            guard position < scalars.endIndex, scalars[position] == scalar else { return false }
            position = scalars.index(after: position)
        }
        self.position = position
        return true
    }

    /// Passes white space, as Python's `\s*` does.
    mutating func passSpace() {
        while position < scalars.endIndex, scalars[position].isPythonSpace {
            position = scalars.index(after: position)
        }
    }
}

/// What the strategies that look at the beginning of a text have in common.
enum LeadingPattern {
    /// Cuts off what `match` passes at the beginning and gives it the weight 0.
    ///
    /// The rest is then looked at by itself, and where it begins with a match it gets the weight 0 as a whole:
    /// so does the reference, whose two steps are splitting and classifying the parts.
    static func split(_ text: String, rule: String, match: (inout TextScanner) -> Bool) -> [ScaledPart] {
        guard !text.isEmpty else { return [] }
        var scanner = TextScanner(text)
        guard match(&scanner) else { return [ScaledPart(text, weight: 1, rule: nil)] }
        var parts = [ScaledPart(scanner.passed, weight: 0, rule: rule)]
        let rest = scanner.rest
        if !rest.isEmpty {
            var again = TextScanner(rest)
            let matches = match(&again)
            parts.append(ScaledPart(rest, weight: matches ? 0 : 1, rule: matches ? rule : nil))
        }
        return parts
    }
}
