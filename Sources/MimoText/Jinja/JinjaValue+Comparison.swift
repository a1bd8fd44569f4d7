internal import MimoFiles

extension JinjaValue {
    /// Whether Python's `==` says so.
    func equals(_ other: JinjaValue) -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): return a == b
        case (.undefined, .undefined), (.none, .none): return true
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            return a.count == b.count && zip(a, b).allSatisfy { $0.equals($1) }
        case (.dictionary(let a), .dictionary(let b)):
            return a.count == b.count && zip(a.keys, a.values).allSatisfy { b[$0]?.equals($1) ?? false }
        case (.namespace(let a), .namespace(let b)): return a === b
        case (.loop(let a), .loop(let b)): return a === b
        case (.callable(let a), .callable(let b)): return a === b
        default:
            if let a = text, let b = other.text { return a.isSame(as: b) }
            if let a = number, let b = other.number { return a == b }
            return false
        }
    }

    /// Whether this comes before the other, by Python's `<`.
    ///
    /// - Throws: ``JinjaError`` of kind `type` where the two have no order.
    func isLess(than other: JinjaValue) throws -> Bool {
        switch (self, other) {
        case (.int(let a), .int(let b)): return a < b
        case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
            for (left, right) in zip(a, b) where !left.equals(right) { return try left.isLess(than: right) }
            return a.count < b.count
        default:
            if let a = text, let b = other.text { return a.utf8.lexicographicallyPrecedes(b.utf8) }
            if let a = number, let b = other.number { return a < b }
            throw unordered("<", other)
        }
    }

    private func unordered(_ symbol: String, _ other: JinjaValue) -> JinjaError {
        for case .undefined(let why) in [self, other] { return JinjaError(.undefined, why) }
        return JinjaError(
            .type,
            "'\(symbol)' not supported between instances of '\(typeName)' and '\(other.typeName)'"
        )
    }

    /// Whether a comparison holds.
    func compare(_ comparison: JinjaComparison, _ other: JinjaValue) throws -> Bool {
        switch comparison {
        case .equal: return equals(other)
        case .notEqual: return !equals(other)
        case .less: return try isLess(than: other)
        case .greater: return try other.isLess(than: self)
        case .lessOrEqual, .greaterOrEqual:
            // Not the contrary of the other order: NaN is in neither.
            if let a = number, let b = other.number { return comparison == .lessOrEqual ? a <= b : a >= b }
            return comparison == .lessOrEqual ? try !other.isLess(than: self) : try !isLess(than: other)
        case .isIn: return try other.contains(self)
        case .isNotIn: return try !other.contains(self)
        }
    }

    /// Whether Python's `element in self` holds.
    func contains(_ element: JinjaValue) throws -> Bool {
        switch self {
        case .string(let text), .markup(let text):
            guard let part = element.text else {
                if case .undefined(let why) = element { throw JinjaError(.undefined, why) }
                throw JinjaError(
                    .type,
                    "'in <string>' requires string as left operand, not \(element.typeName)"
                )
            }
            return text.utf8Contains(part)
        case .list(let elements), .tuple(let elements): return elements.contains { $0.equals(element) }
        case .dictionary(let members):
            try element.checkHashable()
            return members[element] != nil
        case .undefined: return false
        default: throw JinjaError(.type, "argument of type '\(typeName)' is not iterable")
        }
    }

    /// Lists and dictionaries cannot be keys.
    func checkHashable() throws {
        switch self {
        case .list, .dictionary: throw JinjaError(.type, "unhashable type: '\(typeName)'")
        case .tuple(let elements): for element in elements { try element.checkHashable() }
        default: break
        }
    }

    /// The elements that a loop would go through.
    ///
    /// - Throws: ``JinjaError`` of kind `type` where there are none to go through.
    func elements() throws -> [JinjaValue] {
        switch self {
        case .list(let list), .tuple(let list): return list.elements
        case .dictionary(let members): return members.keys
        case .string(let text), .markup(let text):
            guard text.utf8.count <= Self.mostElements else { throw Self.tooManyElements }
            return text.unicodeScalars.map { .string(String($0)) }
        case .undefined: return []
        case .loop(let loop): return Array(loop.items[min(loop.index + 1, loop.items.count)...])
        default: throw JinjaError(.type, "'\(typeName)' object is not iterable")
        }
    }

    /// What `len` gives.
    func length() throws -> Int {
        switch self {
        case .list(let elements), .tuple(let elements): return elements.count
        case .dictionary(let members): return members.count
        case .string(let text), .markup(let text): return text.unicodeScalars.count
        case .undefined: return 0
        case .loop(let loop): return loop.items.count
        default: throw JinjaError(.type, "object of type '\(typeName)' has no len()")
        }
    }
}
