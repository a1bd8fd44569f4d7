internal import MimoFiles

/// The filters whose outcome is text.
enum JinjaTextFilters {
    static func apply(
        _ name: String,
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let limit = environment.limit
        switch name {
        case "safe": return .markup(value.printed)
        case "e", "escape": return .markup(HTML.escaped(value))
        case "forceescape": return .markup(HTML.escaped(.string(value.printed)))
        case "string":
            guard case .markup = value else { return .string(value.printed) }
            return value
        case "tojson": return .string(try JinjaJSON.text(of: value, arguments, limit: limit))
        case "join": return try join(value, arguments, environment)
        case "wordcount": return .int(words(value.printed))
        case "format": return try format(value, arguments, limit)
        case "urlencode" where value.text == nil: return .string(try urlEncodedMembers(of: value))
        case "indent", "wordwrap": try requireText(value, name)
        case "truncate" where value.text == nil:
            // Anything that has a length goes through if it is short enough.
            let length = try JinjaFilters.integer(arguments.positional.first, 255, name)
            guard try value.length() <= length + 5 else { throw JinjaError(.type, "truncate needs a text") }
            return value
        case "filesizeformat": return .string(try fileSize(value, arguments))
        default: break
        }
        let result = try transform(name, value.printed, arguments, limit)
        guard result.utf8.count <= limit else {
            throw JinjaError(.limit, "a text of more than \(limit) bytes")
        }
        if case .markup = value { return .markup(result) }
        return .string(result)
    }

    private static func transform(
        _ name: String,
        _ text: String,
        _ arguments: JinjaCallArguments,
        _ limit: Int
    ) throws -> String {
        switch name {
        case "upper": return PythonText.upper(text)
        case "lower": return PythonText.lower(text)
        case "capitalize": return PythonText.capitalize(text)
        case "title": return title(text)
        case "trim":
            let characters = try arguments.bound(to: "chars", of: name)[0]
            return PythonText.strip(text, characters?.text, .both)
        case "replace":
            let bound = try arguments.bound(to: "old", "new", "count", of: name)
            guard let old = bound[0]?.printed, let new = bound[1]?.printed else {
                throw JinjaError(.type, "replace needs two texts")
            }
            let most = bound[2]?.isNone ?? true ? -1 : try JinjaFilters.integer(bound[2], -1, name)
            return try PythonText.replace(text, old, new, most, limit: limit)
        case "center":
            let width = try JinjaFilters.integer(try arguments.bound(to: "width", of: name)[0], 80, name)
            guard width <= limit else { throw JinjaError(.limit, "a text of more than \(limit) bytes") }
            return PythonText.pad(text, to: width, with: " ", .both)
        case "indent": return try indent(text, arguments, limit)
        case "truncate": return try truncate(text, arguments)
        case "wordwrap":
            guard text.utf8.count <= JinjaValue.mostElements else { throw JinjaValue.tooManyElements }
            return try wrap(text, arguments, limit)
        case "striptags": return try strippingTags(text, limit)
        case "urlencode": return urlEncoded(text)
        default: throw JinjaError(.syntax, "no filter named \"\(name)\"")
        }
    }

    /// The operator `%` as a filter; where the format is marked for HTML, texts put into it are escaped.
    private static func format(
        _ format: JinjaValue,
        _ arguments: JinjaCallArguments,
        _ limit: Int
    ) throws -> JinjaValue {
        let isMarkup = if case .markup = format { true } else { false }
        func prepared(_ value: JinjaValue) -> JinjaValue {
            isMarkup && value.text != nil ? .string(HTML.escaped(value)) : value
        }
        var values = JinjaValue.tuple(arguments.positional.map(prepared))
        if !arguments.named.isEmpty {
            var members = JinjaDictionary()
            for (name, value) in arguments.named { members[.string(name)] = prepared(value) }
            values = .dictionary(members)
        }
        let text = try PythonFormat.percent(format.printed, values, limit: limit)
        return isMarkup ? .markup(text) : .string(text)
    }

    private static func join(
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "d", "attribute", of: "join")
        var elements = try value.elements()
        if let attribute = bound[1], !attribute.isNone {
            let path = JinjaListFilters.AttributePath(attribute)
            elements = try elements.map { try path.value(of: $0, environment) }
        }
        let separator = bound[0]?.printed ?? ""
        var out = ""
        for (position, element) in elements.enumerated() {
            if position > 0 { out += separator }
            out += element.printed
            guard out.utf8.count <= environment.limit else {
                throw JinjaError(.limit, "a text of more than \(environment.limit) bytes")
            }
        }
        return .string(out)
    }

    /// Capitals at the beginnings of words, as Jinja sees words: behind `-`, white space and opening brackets.
    private static func title(_ text: String) -> String {
        var out = ""
        var begins = true
        for scalar in text.unicodeScalars {
            if scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar) {
                out.unicodeScalars.append(scalar)
                begins = true
            } else {
                out += begins ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
                begins = false
            }
        }
        return out
    }

    private static func indent(_ text: String, _ arguments: JinjaCallArguments, _ limit: Int) throws -> String
    {
        let bound = try arguments.bound(to: "width", "first", "blank", of: "indent")
        let width = bound[0]?.text == nil ? try JinjaFilters.integer(bound[0], 4, "indent") : 0
        guard width <= 1000 else { throw JinjaError(.limit, "an indent of more than 1000") }
        let indent = bound[0]?.text ?? String(repeating: " ", count: max(width, 0))
        let blanks = bound[2]?.isTrue ?? false
        // Jinja adds a newline first, so that the text's own last newline is not lost.
        let lines = PythonText.lines(text + "\n")
        guard text.utf8.count <= JinjaValue.mostElements, lines.count * indent.utf8.count <= limit else {
            throw JinjaError(.limit, "a text of more than \(limit) bytes")
        }
        let rest = lines.dropFirst().map { blanks || !$0.isEmpty ? indent + $0 : $0 }
        let first = bound[1]?.isTrue ?? false ? indent : ""
        return first + ([lines.first ?? ""] + rest).joined(separator: "\n")
    }

    private static func truncate(_ text: String, _ arguments: JinjaCallArguments) throws -> String {
        let bound = try arguments.bound(to: "length", "killwords", "end", "leeway", of: "truncate")
        let length = try JinjaFilters.integer(bound[0], 255, "truncate")
        let end = bound[2]?.printed ?? "..."
        let leeway = bound[3]?.isNone ?? true ? 5 : try JinjaFilters.integer(bound[3], 5, "truncate")
        let endLength = end.unicodeScalars.count
        guard length >= endLength, leeway >= 0 else {
            throw JinjaError(
                .value,
                "truncate: a length of at least \(endLength) and a leeway of at least 0 expected"
            )
        }
        let count = text.unicodeScalars.count
        if count <= length || count - length <= leeway { return text }
        let kept = PythonText.slice(text, Array(0..<length - endLength))
        if bound[1]?.isTrue ?? false { return kept + end }
        return (try PythonText.split(kept, " ", 1, fromRight: true).first ?? "") + end
    }

    /// Lines of at most so many characters, broken at white space, and inside a word only where it is longer.
    private static func wrap(_ text: String, _ arguments: JinjaCallArguments, _ limit: Int) throws -> String {
        let bound = try arguments.bound(
            to: "width",
            "break_long_words",
            "wrapstring",
            "break_on_hyphens",
            of: "wordwrap"
        )
        let width = try JinjaFilters.integer(bound[0], 79, "wordwrap")
        guard width > 0 else { throw JinjaError(.value, "invalid width \(width) (must be > 0)") }
        let breaksWords = bound[1]?.isTrue ?? true
        let breaksHyphens = bound[3]?.isTrue ?? true
        let newline = bound[2]?.text ?? "\n"
        let wrapping = TextWrapping(width: width, breaksWords: breaksWords, breaksHyphens: breaksHyphens)
        // An empty line wraps to nothing, which still counts as a line here.
        let lines = PythonText.lines(text).flatMap { line in line.isEmpty ? [""] : wrapping.wrap(line) }
        guard lines.count * newline.utf8.count <= limit else {
            throw JinjaError(.limit, "a text of more than \(limit) bytes")
        }
        return lines.joined(separator: newline)
    }

    private static func words(_ text: String) -> Int {
        var count = 0
        var isInWord = false
        for scalar in text.unicodeScalars {
            let properties = scalar.properties
            let isWord = properties.isAlphabetic || properties.numericType != nil || scalar == "_"
            if isWord, !isInWord { count += 1 }
            isInWord = isWord
        }
        return count
    }

    /// Without what stands in `<…>` and comments, and with one space for each run of white space.
    private static func strippingTags(_ text: String, _ limit: Int) throws -> String {
        let scalars = Array(text.unicodeScalars)
        var out = String.UnicodeScalarView()
        var position = 0
        // Once there is no end for one, there is none for those behind it.
        var mayEnd = true
        while position < scalars.count {
            if mayEnd, scalars[position] == "<" {
                let isComment = scalars[position...].starts(with: "<!--".unicodeScalars)
                var end = position + (isComment ? 4 : 1)
                while end < scalars.count,
                    !(scalars[end] == ">"
                        && (!isComment || scalars[end - 2] == "-" && scalars[end - 1] == "-"))
                {
                    end += 1
                }
                if end < scalars.count {
                    position = end + 1
                    continue
                }
                mayEnd = isComment
            }
            out.append(scalars[position])
            position += 1
        }
        var plain = try PythonText.split(String(out), nil, -1, fromRight: false).joined(separator: " ")
        let entities = [
            ("&lt;", "<"), ("&gt;", ">"), ("&#34;", "\""), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&"),
        ]
        for (entity, character) in entities {
            plain = try PythonText.replace(plain, entity, character, -1, limit: limit)
        }
        return plain
    }

    private static func requireText(_ value: JinjaValue, _ filter: String) throws {
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        guard value.text != nil else {
            throw JinjaError(.type, "\(filter) needs a text, not \(value.typeName)")
        }
    }

    /// `key=value&…` of a dictionary or a list of pairs; anything else as its text.
    private static func urlEncodedMembers(of value: JinjaValue) throws -> String {
        let pairs: [JinjaValue]
        switch value {
        case .dictionary(let members): pairs = members.items
        case .list(let elements), .tuple(let elements): pairs = elements.elements
        case .undefined: pairs = []
        default: return urlEncoded(value.printed)
        }
        return try pairs.map { pair in
            let pair = try pair.elements()
            guard pair.count == 2 else {
                throw JinjaError(.value, "urlencode: pairs of a key and a value expected")
            }
            return encoded(pair[0]) + "=" + encoded(pair[1])
        }.joined(separator: "&")
        /// In a query a space is a plus and a slash is escaped.
        func encoded(_ value: JinjaValue) -> String {
            urlEncoded(value.printed).replacing("%20", with: "+").replacing("/", with: "%2F")
        }
    }

    private static func urlEncoded(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.utf8.count < 2 ? "0" : "") + digits
            }
        }
        return out
    }

    private static func fileSize(_ value: JinjaValue, _ arguments: JinjaCallArguments) throws -> String {
        let isBinary = try arguments.bound(to: "binary", of: "filesizeformat")[0]?.isTrue ?? false
        guard let bytes = value.number ?? value.text.flatMap(Double.init) else {
            throw JinjaError(.type, "filesizeformat needs a number")
        }
        let base: Double = isBinary ? 1024 : 1000
        let units =
            isBinary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
        if bytes == 1 { return "1 Byte" }
        if bytes < base { return "\(Int(bytes)) Bytes" }
        var size = bytes
        for unit in units {
            size /= base
            if size < base || unit == units.last {
                let text = try PythonFormat.percent("%.1f", .double(size), limit: 100)
                return "\(text) \(unit)"
            }
        }
        return ""
    }
}
