/// The functions that every template may call and that need nothing of the renderer.
enum JinjaGlobals {
    /// As many as Jinja's sandbox allows.
    private static let longestRange = 100_000

    /// `range(stop)`, `range(start, stop)`, `range(start, stop, step)`
    static func range(_ arguments: JinjaCallArguments, charge: (Int) throws -> Void) throws -> [JinjaValue] {
        let bounds = try arguments.positional.map { value in
            guard let integer = value.integer else {
                throw JinjaError(.type, "'\(value.typeName)' object cannot be interpreted as an integer")
            }
            return integer
        }
        guard (1...3).contains(bounds.count), arguments.named.isEmpty else {
            throw JinjaError(.type, "range expected 1 to 3 arguments, got \(bounds.count)")
        }
        let start = bounds.count == 1 ? 0 : bounds[0]
        let stop = bounds.count == 1 ? bounds[0] : bounds[1]
        let step = bounds.count == 3 ? bounds[2] : 1
        guard step != 0 else { throw JinjaError(.value, "range() arg 3 must not be zero") }
        let distance = Double(stop) - Double(start)
        guard distance / Double(step) <= Double(longestRange) else {
            throw JinjaError(.limit, "range too big, the sandbox blocks ranges larger than \(longestRange)")
        }
        guard (distance > 0) == (step > 0) else { return [] }
        let values = Swift.stride(from: start, to: stop, by: step).map { JinjaValue.int($0) }
        try charge(values.count / 16)
        return values
    }

    /// `dict(a=b)`, `dict(other, a=b)`, and the same of pairs
    static func dictionary(_ arguments: JinjaCallArguments) throws -> JinjaDictionary {
        guard arguments.positional.count <= 1 else {
            throw JinjaError(.type, "dict expected at most 1 argument, got \(arguments.positional.count)")
        }
        var dictionary = JinjaDictionary()
        if let first = arguments.positional.first {
            if case .dictionary(let members) = first {
                dictionary = members
            } else {
                for pair in try first.elements() {
                    let pair = try pair.elements()
                    guard pair.count == 2 else { throw JinjaError(.value, "a dict is made of pairs") }
                    try pair[0].checkHashable()
                    dictionary[pair[0]] = pair[1]
                }
            }
        }
        for (name, value) in arguments.named { dictionary[.string(name)] = value }
        return dictionary
    }
}

/// Python's slices.
enum PythonSlice {
    /// The indices that `[start:stop:step]` takes of `count` elements.
    ///
    /// - Throws: ``JinjaError`` of kind `value` where the step is 0.
    static func indices(_ start: Int?, _ stop: Int?, _ step: Int?, count: Int) throws -> [Int] {
        let step = step ?? 1
        guard step != 0 else { throw JinjaError(.value, "slice step cannot be zero") }
        let lowest = step > 0 ? 0 : -1
        let highest = step > 0 ? count : count - 1
        func clamp(_ bound: Int?, _ standard: Int) -> Int {
            guard let bound else { return standard }
            // Not below `-count`, so that adding the count cannot overflow.
            let position = bound < 0 ? max(bound, -count - 1) + count : bound
            return min(max(position, lowest), highest)
        }
        let first = clamp(start, step > 0 ? lowest : highest)
        let end = clamp(stop, step > 0 ? highest : lowest)
        return Array(Swift.stride(from: first, to: end, by: step))
    }
}
