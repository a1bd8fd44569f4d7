internal import MimoFiles

/// The methods that values have in a template: those of Python's `str`, `dict`, `list` and `tuple` that change
/// nothing.
enum JinjaMethods {
    /// The method of a value, or nil where it has none of that name.
    ///
    /// - Throws: ``JinjaError`` of kind `security` where the method would change the value.
    static func method(_ name: String, of value: JinjaValue, limit: Int) throws -> JinjaCallable? {
        switch value {
        case .string(let text):
            guard stringMethods.contains(name) else { return nil }
            return JinjaCallable(name) { try call(name, on: text, $0, limit: limit) }
        case .markup(let text):
            guard stringMethods.contains(name) else { return nil }
            return JinjaCallable(name) { arguments in
                let result = try call(name, on: text, arguments, limit: limit)
                return result.text.map { .markup($0) } ?? result
            }
        case .dictionary(let members):
            if ["clear", "pop", "popitem", "setdefault", "update"].contains(name) {
                throw changes(name, value)
            }
            guard ["get", "items", "keys", "values", "copy"].contains(name) else { return nil }
            return JinjaCallable(name) { try call(name, on: members, $0) }
        case .list(let elements), .tuple(let elements):
            if case .list = value,
                ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"].contains(name)
            {
                throw changes(name, value)
            }
            guard name == "index" || name == "count" else { return nil }
            return JinjaCallable(name) { arguments in
                guard let wanted = try arguments.bound(to: "value", of: name)[0] else { throw missing(name) }
                if name == "count" { return .int(elements.count { $0.equals(wanted) }) }
                guard let index = elements.firstIndex(where: { $0.equals(wanted) }) else {
                    throw JinjaError(.value, "\(wanted.represented) is not in the list")
                }
                return .int(index)
            }
        case .double(let number) where name == "is_integer":
            return JinjaCallable(name) { _ in .bool(number == number.rounded()) }
        default: return nil
        }
    }

    private static func changes(_ name: String, _ value: JinjaValue) -> JinjaError {
        JinjaError(.security, "\"\(name)\" would change a \(value.typeName)")
    }

    private static func missing(_ name: String) -> JinjaError {
        JinjaError(.type, "\(name) needs an argument")
    }

    private static func call(
        _ name: String,
        on members: JinjaDictionary,
        _ arguments: JinjaCallArguments
    ) throws -> JinjaValue {
        switch name {
        case "get":
            let bound = try arguments.bound(to: "key", "default", of: name)
            guard let key = bound[0] else { throw missing(name) }
            try key.checkHashable()
            return members[key] ?? bound[1] ?? .none
        case "items": return .list(members.items)
        case "keys": return .list(members.keys)
        case "values": return .list(members.values)
        default: return .dictionary(members)
        }
    }

    // MARK: Text

    private static let stringMethods: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index",
        "isalnum",
        "isalpha", "isascii", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper",
        "join",
        "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex",
        "rjust",
        "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title",
        "upper",
        "zfill",
    ]

    private static func call(
        _ name: String,
        on text: String,
        _ arguments: JinjaCallArguments,
        limit: Int
    ) throws -> JinjaValue {
        switch name {
        case "strip", "lstrip", "rstrip":
            let characters = try optionalText(try arguments.bound(to: "chars", of: name)[0], name)
            let side: PythonText.Side = name == "strip" ? .both : name == "lstrip" ? .left : .right
            return .string(PythonText.strip(text, characters, side))
        case "split", "rsplit":
            let bound = try arguments.bound(to: "sep", "maxsplit", of: name)
            let separator = try optionalText(bound[0], name)
            let most = try optionalInteger(bound[1], name) ?? -1
            let parts = try PythonText.split(text, separator, most, fromRight: name == "rsplit")
            return .list(parts.map { .string($0) })
        case "splitlines":
            let keeps = try arguments.bound(to: "keepends", of: name)[0]?.isTrue ?? false
            guard text.utf8.count <= JinjaValue.mostElements else { throw JinjaValue.tooManyElements }
            return .list(PythonText.lines(text, keepingEnds: keeps).map { .string($0) })
        case "partition", "rpartition":
            return try partition(text, try requiredText(arguments, 0, name), fromRight: name == "rpartition")
        case "startswith", "endswith": return .bool(try hasAffix(text, arguments, name))
        case "replace":
            let most = arguments.positional.count > 2 ? arguments.positional[2] : arguments.named.first?.value
            return .string(
                try PythonText.replace(
                    text,
                    try requiredText(arguments, 0, name),
                    try requiredText(arguments, 1, name),
                    try optionalInteger(most, name) ?? -1,
                    limit: limit
                )
            )
        case "find", "rfind", "index", "rindex", "count": return try search(text, arguments, name)
        case "removeprefix":
            let affix = try requiredText(arguments, 0, name)
            return .string(
                text.utf8Starts(with: affix) ? text.utf8Slice(affix.utf8.count..<text.utf8.count) : text
            )
        case "removesuffix":
            let affix = try requiredText(arguments, 0, name)
            let rest = text.utf8.count - affix.utf8.count
            return .string(!affix.isEmpty && text.utf8Ends(with: affix) ? text.utf8Slice(0..<rest) : text)
        case "join":
            guard let parts = arguments.positional.first else { throw missing(name) }
            return .string(try join(try parts.elements(), with: text, limit: limit))
        case "format": return .string(try PythonFormat.braces(text, arguments, limit: limit))
        case "center", "ljust", "rjust":
            let bound = try arguments.bound(to: "width", "fillchar", of: name)
            guard let width = bound[0]?.integer else { throw missing(name) }
            guard width <= limit else { throw JinjaError(.limit, "a text of more than \(limit) bytes") }
            let side: PythonText.Side = name == "center" ? .both : name == "rjust" ? .left : .right
            return .string(
                PythonText.pad(text, to: width, with: try optionalText(bound[1], name) ?? " ", side)
            )
        case "zfill":
            guard let width = arguments.positional.first?.integer else { throw missing(name) }
            guard width <= limit else { throw JinjaError(.limit, "a text of more than \(limit) bytes") }
            let sign = text.utf8Starts(with: "-") || text.utf8Starts(with: "+") ? text.utf8Slice(0..<1) : ""
            let digits = text.utf8Slice(sign.utf8.count..<text.utf8.count)
            return .string(sign + PythonText.pad(digits, to: width - sign.utf8.count, with: "0", .left))
        case "expandtabs":
            return .string(
                try expandTabs(text, try optionalInteger(arguments.positional.first, name) ?? 8, limit)
            )
        case "capitalize": return .string(PythonText.capitalize(text))
        case "title": return .string(PythonText.title(text))
        case "upper": return .string(PythonText.upper(text))
        case "lower", "casefold": return .string(PythonText.lower(text))
        case "swapcase": return .string(PythonText.swapCase(text))
        default: return .bool(JinjaPredicates.holds(name, for: text))
        }
    }

    /// The texts with a separator between them.
    ///
    /// - Throws: ``JinjaError`` of kind `type` where one of them is no text.
    private static func join(_ parts: [JinjaValue], with separator: String, limit: Int) throws -> String {
        var out = ""
        for (position, part) in parts.enumerated() {
            guard let text = part.text else {
                throw JinjaError(
                    .type,
                    "sequence item \(position): expected str instance, \(part.typeName) found"
                )
            }
            if position > 0 { out += separator }
            out += text
            guard out.utf8.count <= limit else {
                throw JinjaError(.limit, "a text of more than \(limit) bytes")
            }
        }
        return out
    }

    private static func partition(_ text: String, _ separator: String, fromRight: Bool) throws -> JinjaValue {
        let parts = try PythonText.split(text, separator, 1, fromRight: fromRight).map {
            JinjaValue.string($0)
        }
        if parts.count == 2 { return .tuple([parts[0], .string(separator), parts[1]]) }
        let nothing = JinjaValue.string("")
        return .tuple(fromRight ? [nothing, nothing, parts[0]] : [parts[0], nothing, nothing])
    }

    private static func hasAffix(_ text: String, _ arguments: JinjaCallArguments, _ name: String) throws
        -> Bool
    {
        guard let affix = arguments.positional.first else { throw missing(name) }
        let part = try window(of: text, arguments)?.text ?? ""
        let isInside = try window(of: text, arguments) != nil
        let affixes: [JinjaValue] = if case .tuple(let several) = affix { several.elements } else { [affix] }
        return try affixes.contains { affix in
            guard let affix = affix.text else {
                throw JinjaError(
                    .type,
                    "\(name) first arg must be str or a tuple of str, not \(affix.typeName)"
                )
            }
            return isInside
                && (name == "startswith" ? part.utf8Starts(with: affix) : part.utf8Ends(with: affix))
        }
    }

    /// The part of a text that the arguments `start` and `end` behind the first leave, and where it begins.
    private static func window(
        of text: String,
        _ arguments: JinjaCallArguments
    ) throws -> (text: String, start: Int)? {
        let bounds = arguments.positional.dropFirst()
        guard !bounds.isEmpty else { return (text, 0) }
        let count = text.unicodeScalars.count
        func clamp(_ value: JinjaValue?, _ standard: Int) throws -> Int {
            guard let value, !value.isNone else { return standard }
            guard let index = value.integer else {
                throw JinjaError(.type, "slice indices must be integers or None")
            }
            return min(max(index < 0 ? index + count : index, 0), max(count, index))
        }
        let start = try clamp(bounds.first, 0)
        let end = min(try clamp(bounds.dropFirst().first, count), count)
        guard start <= end else { return start <= count && start == end ? ("", start) : nil }
        return (PythonText.slice(text, Array(start..<end)), start)
    }

    private static func search(_ text: String, _ arguments: JinjaCallArguments, _ name: String) throws
        -> JinjaValue
    {
        let wanted = try requiredText(arguments, 0, name)
        let isCount = name == "count"
        guard let (part, start) = try window(of: text, arguments) else {
            guard name.hasSuffix("find") || isCount else { throw JinjaError(.value, "substring not found") }
            return .int(isCount ? 0 : -1)
        }
        if isCount {
            return .int(
                wanted.isEmpty
                    ? part.unicodeScalars.count + 1 : PythonText.occurrences(of: wanted, in: part).count
            )
        }
        let range = name.hasPrefix("r") ? part.utf8LastRange(of: wanted) : part.utf8Range(of: wanted)
        guard let range else {
            guard name.hasSuffix("find") else { throw JinjaError(.value, "substring not found") }
            return .int(-1)
        }
        if wanted.isEmpty { return .int(start + (name.hasPrefix("r") ? part.unicodeScalars.count : 0)) }
        return .int(start + part.utf8Slice(0..<range.lowerBound).unicodeScalars.count)
    }

    private static func expandTabs(_ text: String, _ width: Int, _ limit: Int) throws -> String {
        var out = ""
        var column = 0
        for scalar in text.unicodeScalars {
            guard scalar == "\t" else {
                out.unicodeScalars.append(scalar)
                column = scalar == "\n" || scalar == "\r" ? 0 : column + 1
                continue
            }
            let count = width > 0 ? width - column % width : 0
            guard count <= limit - min(out.utf8.count, limit) else {
                throw JinjaError(.limit, "a text of more than \(limit) bytes")
            }
            out += String(repeating: " ", count: count)
            column += count
        }
        return out
    }

    // MARK: Arguments

    private static func requiredText(_ arguments: JinjaCallArguments, _ position: Int, _ name: String) throws
        -> String
    {
        guard position < arguments.positional.count else { throw missing(name) }
        return try optionalText(arguments.positional[position], name, takingNone: false) ?? ""
    }

    private static func optionalText(
        _ value: JinjaValue?,
        _ name: String,
        takingNone: Bool = true
    ) throws -> String? {
        guard let value, !(takingNone && value.isNone) else { return nil }
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        guard let text = value.text else {
            throw JinjaError(.type, "\(name): expected a text, found \(value.typeName)")
        }
        return text
    }

    private static func optionalInteger(_ value: JinjaValue?, _ name: String) throws -> Int? {
        guard let value else { return nil }
        guard let integer = value.integer else {
            throw JinjaError(.type, "\(name): expected a whole number, found \(value.typeName)")
        }
        return integer
    }
}

/// The `is…` methods of Python's `str`.
enum JinjaPredicates {
    /// Whether one of the methods says so of a text.
    static func holds(_ name: String, for text: String) -> Bool {
        let scalars = text.unicodeScalars
        switch name {
        case "isascii": return scalars.allSatisfy(\.isASCII)
        case "isupper", "islower":
            let cased = scalars.filter(\.properties.isCased)
            return !cased.isEmpty
                && cased.allSatisfy {
                    name == "isupper" ? $0.properties.isUppercase : $0.properties.isLowercase
                }
        case "istitle": return isTitle(text)
        default: return !scalars.isEmpty && scalars.allSatisfy { holds(name, for: $0) }
        }
    }

    private static func holds(_ name: String, for scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        switch name {
        case "isspace": return scalar.isPythonSpace
        case "isdecimal": return properties.generalCategory == .decimalNumber
        case "isdigit": return properties.numericType == .digit || properties.numericType == .decimal
        case "isnumeric": return properties.numericType != nil
        case "isalpha": return isLetter(properties.generalCategory)
        case "isalnum": return isLetter(properties.generalCategory) || properties.numericType != nil
        default: return false
        }
    }

    private static func isLetter(_ category: Unicode.GeneralCategory) -> Bool {
        switch category {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    private static func isTitle(_ text: String) -> Bool {
        var isInWord = false
        var hasWord = false
        for scalar in text.unicodeScalars {
            if scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter {
                if isInWord { return false }
                isInWord = true
                hasWord = true
            } else if scalar.properties.isLowercase {
                if !isInWord { return false }
            } else {
                isInWord = false
            }
        }
        return hasWord
    }
}
