private import Foundation

/// The operators between numbers, texts and lists.
enum JinjaArithmetic {
    /// What an operator makes of two values; `limit` is the most bytes of text, or so many for the elements of a
    /// list, that may come out.
    ///
    /// - Throws: ``JinjaError`` where the operator does not fit the values, or a whole number leaves 64 bits.
    static func apply(
        _ operation: JinjaOperator,
        _ left: JinjaValue,
        _ right: JinjaValue,
        limit: Int
    ) throws -> JinjaValue {
        if let a = left.integer, let b = right.integer { return try integers(operation, a, b) }
        if let a = left.number, let b = right.number { return try doubles(operation, a, b) }
        if operation == .modulo, let format = left.text {
            return .string(try PythonFormat.percent(format, right, limit: limit))
        }
        for case .undefined(let why) in [left, right] { throw JinjaError(.undefined, why) }
        switch operation {
        case .add: return try sum(left, right)
        case .multiply:
            if let count = right.integer, let repeated = try repeating(left, count, limit) { return repeated }
            if let count = left.integer, let repeated = try repeating(right, count, limit) { return repeated }
        default: break
        }
        throw mismatch(operation, left, right)
    }

    private static func mismatch(_ operation: JinjaOperator, _ left: JinjaValue, _ right: JinjaValue)
        -> JinjaError
    {
        if operation == .add, left.text != nil {
            return JinjaError(.type, "can only concatenate str (not \"\(right.typeName)\") to str")
        }
        return JinjaError(
            .type,
            "unsupported operand type(s) for \(operation.rawValue): '\(left.typeName)' and '\(right.typeName)'"
        )
    }

    private static func sum(_ left: JinjaValue, _ right: JinjaValue) throws -> JinjaValue {
        switch (left, right) {
        case (.string(let a), .string(let b)): return .string(a + b)
        case (.list(let a), .list(let b)): return .list(a.elements + b.elements)
        case (.tuple(let a), .tuple(let b)): return .tuple(a.elements + b.elements)
        case (.markup, .string), (.string, .markup), (.markup, .markup):
            return .markup(HTML.escaped(left) + HTML.escaped(right))
        default: throw mismatch(.add, left, right)
        }
    }

    private static func repeating(_ value: JinjaValue, _ count: Int, _ limit: Int) throws -> JinjaValue? {
        let count = max(count, 0)
        func check(_ size: Int) throws {
            let (total, overflowed) = size.multipliedReportingOverflow(by: count)
            guard !overflowed, total <= limit else {
                throw JinjaError(.limit, "a value of more than \(limit) bytes")
            }
        }
        switch value {
        case .string(let text):
            try check(text.utf8.count)
            return .string(String(repeating: text, count: count))
        case .markup(let text):
            try check(text.utf8.count)
            return .markup(String(repeating: text, count: count))
        case .list(let elements):
            try check(elements.size.weight)
            return .list(Array(repeatElement(elements, count: count).joined()))
        case .tuple(let elements):
            try check(elements.size.weight)
            return .tuple(Array(repeatElement(elements, count: count).joined()))
        default: return nil
        }
    }

    // MARK: Numbers

    private static func integers(_ operation: JinjaOperator, _ a: Int, _ b: Int) throws -> JinjaValue {
        func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> JinjaValue {
            guard !result.overflow else { throw JinjaError(.value, "a whole number leaves 64 bits") }
            return .int(result.partialValue)
        }
        switch operation {
        case .add: return try checked(a.addingReportingOverflow(b))
        case .subtract: return try checked(a.subtractingReportingOverflow(b))
        case .multiply: return try checked(a.multipliedReportingOverflow(by: b))
        case .power:
            guard b >= 0 else { return try doubles(.power, Double(a), Double(b)) }
            return .int(try power(a, b))
        case .divide, .floorDivide, .modulo:
            guard b != 0 else { throw JinjaError(.value, "division by zero") }
            if operation == .divide { return .double(Double(a) / Double(b)) }
            let (quotient, overflowed) = a.dividedReportingOverflow(by: b)
            guard !overflowed else { return try checked((0, operation == .floorDivide)) }
            let rest = a % b
            // Python rounds down, Swift towards zero.
            let roundsUp = rest != 0 && (rest < 0) != (b < 0)
            if operation == .floorDivide { return .int(roundsUp ? quotient - 1 : quotient) }
            return .int(roundsUp ? rest + b : rest)
        }
    }

    private static func power(_ base: Int, _ exponent: Int) throws -> Int {
        if base == 0 || base == 1 || exponent == 0 { return exponent == 0 ? 1 : base }
        if base == -1 { return exponent.isMultiple(of: 2) ? 1 : -1 }
        var result = 1
        for _ in 0..<min(exponent, 64) {
            let (product, overflowed) = result.multipliedReportingOverflow(by: base)
            guard !overflowed else { throw JinjaError(.value, "a whole number leaves 64 bits") }
            result = product
        }
        return result
    }

    private static func doubles(_ operation: JinjaOperator, _ a: Double, _ b: Double) throws -> JinjaValue {
        switch operation {
        case .add: return .double(a + b)
        case .subtract: return .double(a - b)
        case .multiply: return .double(a * b)
        case .power: return .double(try power(a, b))
        case .divide, .floorDivide, .modulo:
            guard b != 0 else { throw JinjaError(.value, "float division by zero") }
            if operation == .divide { return .double(a / b) }
            var rest = a.truncatingRemainder(dividingBy: b)
            if rest != 0, (rest < 0) != (b < 0) { rest += b }
            return .double(operation == .modulo ? rest : ((a - rest) / b).rounded())
        }
    }

    private static func power(_ base: Double, _ exponent: Double) throws -> Double {
        if base == 0, exponent < 0 { throw JinjaError(.value, "0.0 cannot be raised to a negative power") }
        if base < 0, exponent.rounded() != exponent {
            throw JinjaError(.value, "a negative number cannot be raised to a broken power")
        }
        return pow(base, exponent)
    }
}
