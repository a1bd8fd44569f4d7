/// Text from rows, models and options on its way into a page: nothing in it may become markup.
enum HTMLText {
    /// The text with all that could be markup or end an attribute written out; what a page cannot hold (control
    /// characters) becomes U+FFFD.
    static func escaped(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": out.append(contentsOf: "&amp;".unicodeScalars)
            case "<": out.append(contentsOf: "&lt;".unicodeScalars)
            case ">": out.append(contentsOf: "&gt;".unicodeScalars)
            case "\"": out.append(contentsOf: "&quot;".unicodeScalars)
            case "'": out.append(contentsOf: "&#39;".unicodeScalars)
            case "\t", "\n": out.append(scalar)
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}": out.append("\u{fffd}")
            // Marks that turn the direction of what follows could make text look like other text.
            case "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}": out.append("\u{fffd}")
            default: out.append(scalar)
            }
        }
        return String(out)
    }
}
