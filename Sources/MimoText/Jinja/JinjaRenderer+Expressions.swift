/// The values of expressions.
extension JinjaRenderer {
    /// The value of an expression.
    func evaluate(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
        switch expression {
        case .none: return .none
        case .bool(let value): return .bool(value)
        case .integer(let value): return .int(value)
        case .float(let value): return .double(value)
        case .string(let text): return .string(text)
        case .name(let name):
            try charge(1)
            return scope.value(of: name) ?? global(name) ?? .undefined("'\(name)' is undefined")
        default: return try deeper { try evaluateCompound(expression, scope) }
        }
    }

    func evaluateCompound(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
        switch expression {
        case .list(let elements): return try checked(.list(try elements.map { try evaluate($0, scope) }))
        case .tuple(let elements): return try checked(.tuple(try elements.map { try evaluate($0, scope) }))
        case .dictionary(let members):
            var dictionary = JinjaDictionary()
            for (key, value) in members {
                let key = try evaluate(key, scope)
                try key.checkHashable()
                dictionary[key] = try evaluate(value, scope)
            }
            return try checked(.dictionary(dictionary))
        case .attribute(let base, let name): return try attribute(name, of: try evaluate(base, scope))
        case .element(let base, let key):
            return try element(try evaluate(key, scope), of: try evaluate(base, scope))
        case .slice(let base, let start, let stop, let step):
            return try slice(
                try evaluate(base, scope),
                try start.map { try evaluate($0, scope) },
                try stop.map { try evaluate($0, scope) },
                try step.map { try evaluate($0, scope) }
            )
        case .call: return try evaluateCall(expression, scope, caller: nil)
        case .filter(let base, let filter):
            return try applyFilter(
                filter.name,
                try evaluate(base, scope),
                try evaluate(filter.arguments, scope)
            )
        case .test(let base, let test):
            let value = try evaluate(base, scope)
            try charge(value.size.weight / 256)
            return .bool(try JinjaTests.holds(test.name, value, try evaluate(test.arguments, scope)))
        case .not(let operand): return .bool(!(try evaluate(operand, scope).isTrue))
        case .negative(let operand): return try negated(try evaluate(operand, scope))
        case .positive(let operand):
            return try JinjaArithmetic.apply(.add, .int(0), try evaluate(operand, scope), limit: 0)
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? try evaluate(right, scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? value : try evaluate(right, scope)
        case .arithmetic: return try evaluateArithmetic(expression, scope)
        case .comparison(let left, let comparisons): return try evaluateComparisons(left, comparisons, scope)
        case .concatenation(let parts): return try concatenated(try parts.map { try evaluate($0, scope) })
        case .conditional(let value, let condition, let otherwise):
            if try evaluate(condition, scope).isTrue { return try evaluate(value, scope) }
            return try otherwise.map { try evaluate($0, scope) }
                ?? .undefined("the inline if-expression evaluated to false and no else section was defined.")
        case .none, .bool, .integer, .float, .string, .name: return try evaluate(expression, scope)
        }
    }

    func negated(_ value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .double(let number): return .double(-number)
        case .undefined(let why): throw JinjaError(.undefined, why)
        default:
            guard value.integer != nil else {
                throw JinjaError(.type, "bad operand type for unary -: '\(value.typeName)'")
            }
            return try JinjaArithmetic.apply(.subtract, .int(0), value, limit: 0)
        }
    }

    /// A chain `a + b + c …` leans to the left: it is gone through from the inside, without recursion.
    func evaluateArithmetic(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
        var rights: [(operation: JinjaOperator, right: JinjaExpression)] = []
        var innermost = expression
        while case .arithmetic(let operation, let left, let right) = innermost {
            rights.append((operation, right))
            innermost = left
        }
        var value = try evaluate(innermost, scope)
        for (operation, right) in rights.reversed() {
            value = try JinjaArithmetic.apply(
                operation,
                value,
                try evaluate(right, scope),
                limit: limits.outputBytes
            )
            try checkSize(of: value)
        }
        return value
    }

    func evaluateComparisons(
        _ left: JinjaExpression,
        _ comparisons: [(comparison: JinjaComparison, right: JinjaExpression)],
        _ scope: JinjaScope
    ) throws -> JinjaValue {
        var value = try evaluate(left, scope)
        for (comparison, right) in comparisons {
            let next = try evaluate(right, scope)
            try charge(next.size.weight / 256)
            guard try value.compare(comparison, next) else { return .bool(false) }
            value = next
        }
        return .bool(true)
    }

    func concatenated(_ parts: [JinjaValue]) throws -> JinjaValue {
        // Only with autoescape, which chat templates never have, would marks for HTML count here.
        let value = JinjaValue.string(parts.map(\.printed).joined())
        try checkSize(of: value)
        return value
    }

    /// The value, if it is not larger than a value may be.
    func checked(_ value: JinjaValue) throws -> JinjaValue {
        try checkSize(of: value)
        return value
    }

    /// Counts the work of making a value, and refuses one that is larger or deeper than a value may be.
    func checkSize(of value: JinjaValue) throws {
        let size = value.size
        try charge(size.weight / 256)
        guard size.weight <= limits.outputBytes else {
            throw JinjaError(.limit, "a value of more than \(limits.outputBytes) bytes")
        }
        guard size.height <= JinjaValue.greatestHeight else {
            throw JinjaError(.limit, "lists inside each other, deeper than \(JinjaValue.greatestHeight)")
        }
    }
}
