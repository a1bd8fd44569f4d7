/// The tests that stand behind `is`.
enum JinjaTests {
    private static let names: Set<String> = [
        "odd", "even", "divisibleby", "defined", "undefined", "filter", "test", "none", "boolean", "false",
        "true",
        "integer", "float", "lower", "upper", "string", "mapping", "number", "sequence", "iterable",
        "callable",
        "sameas", "escaped", "in", "==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", "ge", ">=",
        "<",
        "lt", "lessthan", "<=", "le",
    ]

    /// Whether there is such a test.
    static func contains(_ name: String) -> Bool { names.contains(name) }

    /// Whether a test holds.
    ///
    /// - Throws: ``JinjaError`` where there is no such test, or it does not fit the value.
    static func holds(_ name: String, _ value: JinjaValue, _ arguments: JinjaCallArguments) throws -> Bool {
        if let comparison = comparison(name) {
            guard let other = arguments.positional.first else {
                throw JinjaError(.type, "test \"\(name)\" needs a value")
            }
            return try value.compare(comparison, other)
        }
        switch name {
        case "defined": return !value.isUndefined
        case "undefined": return value.isUndefined
        case "none": return value.isNone
        case "escaped":
            guard case .markup = value else { return false }
            return true
        case "boolean":
            guard case .bool = value else { return false }
            return true
        case "true":
            guard case .bool(true) = value else { return false }
            return true
        case "false":
            guard case .bool(false) = value else { return false }
            return true
        case "integer":
            guard case .int = value else { return false }
            return true
        case "float":
            guard case .double = value else { return false }
            return true
        case "number": return value.number != nil
        case "string": return value.text != nil
        case "mapping":
            guard case .dictionary = value else { return false }
            return true
        case "callable":
            guard case .callable = value else { return false }
            return true
        case "iterable": return (try? value.elements()) != nil
        case "sequence":
            switch value {
            case .list, .tuple, .dictionary, .string, .markup, .undefined: return true
            default: return false
            }
        case "lower", "upper": return JinjaPredicates.holds("is" + name, for: value.printed)
        case "odd", "even", "divisibleby": return try isDivisible(name, value, arguments)
        case "sameas":
            guard let other = arguments.positional.first else {
                throw JinjaError(.type, "test \"sameas\" needs a value")
            }
            return value.typeName == other.typeName && value.equals(other)
        case "filter": return JinjaFilters.contains(value.printed)
        case "test": return contains(value.printed)
        default: throw JinjaError(.syntax, "no test named \"\(name)\"")
        }
    }

    private static func comparison(_ name: String) -> JinjaComparison? {
        switch name {
        case "==", "eq", "equalto": .equal
        case "!=", "ne": .notEqual
        case ">", "gt", "greaterthan": .greater
        case ">=", "ge": .greaterOrEqual
        case "<", "lt", "lessthan": .less
        case "<=", "le": .lessOrEqual
        case "in": .isIn
        default: nil
        }
    }

    private static func isDivisible(
        _ name: String,
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments
    ) throws -> Bool {
        let divisor = name == "divisibleby" ? arguments.positional.first ?? .none : .int(2)
        let rest = try JinjaArithmetic.apply(.modulo, value, divisor, limit: 1 << 20)
        return rest.equals(.int(name == "odd" ? 1 : 0))
    }
}
