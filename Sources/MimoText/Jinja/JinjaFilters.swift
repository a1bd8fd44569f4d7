internal import MimoFiles

/// The filters of Jinja, with transformers' `tojson`. What is random, or for web pages only, is left out:
/// `random`, `urlize`, `xmlattr`, `pprint`.
enum JinjaFilters {
    /// What a filter may use of the renderer.
    struct Environment {
        /// The most bytes of a text.
        let limit: Int
        /// `a[b]`, as a template would read it.
        let element: (JinjaValue, JinjaValue) throws -> JinjaValue
        /// `a.b`
        let attribute: (JinjaValue, String) throws -> JinjaValue
        /// Counts work that is about to be done.
        let charge: (Int) throws -> Void
    }

    private static let textNames: Set<String> = [
        "capitalize", "center", "e", "escape", "filesizeformat", "forceescape", "format", "indent", "join",
        "lower",
        "replace", "safe", "string", "striptags", "title", "tojson", "trim", "truncate", "upper", "urlencode",
        "wordcount", "wordwrap",
    ]
    private static let listNames: Set<String> = [
        "batch", "count", "dictsort", "first", "groupby", "items", "last", "length", "list", "map", "max",
        "min",
        "reject", "rejectattr", "reverse", "select", "selectattr", "slice", "sort", "sum", "unique",
    ]
    private static let otherNames: Set<String> = ["abs", "attr", "d", "default", "float", "int", "round"]

    /// Whether there is such a filter.
    static func contains(_ name: String) -> Bool {
        textNames.contains(name) || listNames.contains(name) || otherNames.contains(name)
    }

    /// What a filter makes of a value.
    ///
    /// - Throws: ``JinjaError`` where there is no such filter, or it does not fit the value or arguments.
    static func apply(
        _ name: String,
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments,
        _ environment: Environment
    ) throws -> JinjaValue {
        if textNames.contains(name) { return try JinjaTextFilters.apply(name, value, arguments, environment) }
        if listNames.contains(name) { return try JinjaListFilters.apply(name, value, arguments, environment) }
        switch name {
        case "d", "default":
            let bound = try arguments.bound(to: "default_value", "boolean", of: name)
            let isMissing = value.isUndefined || (bound[1]?.isTrue ?? false) && !value.isTrue
            return isMissing ? bound[0] ?? .string("") : value
        case "attr":
            guard let attribute = try arguments.bound(to: "name", of: name)[0]?.text else {
                throw JinjaError(.type, "attr needs a name")
            }
            // Only what is an attribute, not what is a member of that name.
            if case .dictionary = value {
                return try JinjaMethods.method(attribute, of: value, limit: environment.limit).map {
                    .callable($0)
                }
                    ?? .undefined("'dict object' has no attribute '\(attribute)'")
            }
            return try environment.attribute(value, attribute)
        case "abs": return try absolute(value)
        case "int": return try integer(value, arguments)
        case "float":
            let standard = try arguments.bound(to: "default", of: name)[0] ?? .double(0)
            if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
            return (value.number ?? value.text.flatMap(parseDouble)).map { .double($0) } ?? standard
        case "round": return try round(value, arguments)
        default: throw JinjaError(.syntax, "no filter named \"\(name)\"")
        }
    }

    private static func absolute(_ value: JinjaValue) throws -> JinjaValue {
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        if let integer = value.integer {
            guard integer != .min else { throw JinjaError(.value, "a whole number leaves 64 bits") }
            return .int(abs(integer))
        }
        guard let number = value.number else {
            throw JinjaError(.type, "bad operand type for abs(): '\(value.typeName)'")
        }
        return .double(number.magnitude)
    }

    private static func integer(_ value: JinjaValue, _ arguments: JinjaCallArguments) throws -> JinjaValue {
        let bound = try arguments.bound(to: "default", "base", of: "int")
        let standard = bound[0] ?? .int(0)
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        if let integer = value.integer { return .int(integer) }
        if let text = value.text {
            let base = bound[1]?.integer ?? 10
            guard base == 0 || (2...36).contains(base) else { return standard }
            if let integer = parseInteger(text, base: base) { return .int(integer) }
        }
        guard let number = value.number ?? value.text.flatMap(parseDouble) else { return standard }
        guard number.isFinite else { return standard }
        guard let whole = Int(exactly: number.rounded(.towardZero)) else {
            throw JinjaError(.value, "a whole number leaves 64 bits")
        }
        return .int(whole)
    }

    private static func parseInteger(_ text: String, base: Int) -> Int? {
        var digits = PythonText.lower(PythonText.strip(text, nil, .both)).replacing("_", with: "")
        let sign = digits.utf8.first == UInt8(ascii: "-") ? "-" : ""
        if let first = digits.utf8.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            digits.removeFirst()
        }
        var base = base
        for (prefix, radix) in [("0b", 2), ("0o", 8), ("0x", 16)]
        where (base == radix || base == 0) && digits.hasPrefix(prefix) {
            digits.removeFirst(2)
            base = radix
        }
        guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else {
            return nil
        }
        return Int(sign + digits, radix: base == 0 ? 10 : base)
    }

    private static func parseDouble(_ text: String) -> Double? {
        let digits = PythonText.lower(PythonText.strip(text, nil, .both))
        if digits.hasPrefix("0x") { return nil }
        return Double(digits)
    }

    private static func round(_ value: JinjaValue, _ arguments: JinjaCallArguments) throws -> JinjaValue {
        let bound = try arguments.bound(to: "precision", "method", of: "round")
        let precision = min(max(bound[0]?.integer ?? 0, -300), 300)
        let method = bound[1]?.text ?? "common"
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        guard let number = value.number else {
            throw JinjaError(.type, "type \(value.typeName) doesn't define __round__")
        }
        guard ["common", "ceil", "floor"].contains(method) else {
            throw JinjaError(.value, "method must be common, ceil or floor")
        }
        if method == "common", let integer = value.integer, precision >= 0 { return .int(integer) }
        let scaled = try PythonNumber.rounded(number, to: precision, method)
        return method == "common" && value.integer != nil ? .int(Int(exactly: scaled) ?? 0) : .double(scaled)
    }

    // MARK: Arguments

    /// The text of a value as filters for text take it, undefined being empty.
    static func text(_ value: JinjaValue) -> String { value.printed }

    /// A whole number among the arguments.
    static func integer(_ value: JinjaValue?, _ standard: Int, _ filter: String) throws -> Int {
        guard let value else { return standard }
        guard let integer = value.integer else {
            throw JinjaError(.type, "\(filter): expected a whole number, found \(value.typeName)")
        }
        return integer
    }
}
