/// Calls, filters, attributes and elements.
extension JinjaRenderer {
    func evaluate(_ arguments: JinjaArguments, _ scope: JinjaScope) throws -> JinjaCallArguments {
        var values = JinjaCallArguments()
        values.positional = try arguments.positional.map { try evaluate($0, scope) }
        if let spread = arguments.spreadList { values.positional += try evaluate(spread, scope).elements() }
        values.named = try arguments.named.map { ($0.name, try evaluate($0.value, scope)) }
        if let spread = arguments.spreadDictionary {
            guard case .dictionary(let members) = try evaluate(spread, scope) else {
                throw JinjaError(.type, "what follows ** is a dict")
            }
            for (key, value) in zip(members.keys, members.values) {
                guard let name = key.text else { throw JinjaError(.type, "keywords must be strings") }
                values.named.append((name, value))
            }
        }
        return values
    }

    func evaluateCall(
        _ call: JinjaExpression,
        _ scope: JinjaScope,
        caller: JinjaCallable?
    ) throws -> JinjaValue {
        guard case .call(let base, let arguments) = call else { return try evaluate(call, scope) }
        let function = try evaluate(base, scope)
        var values = try evaluate(arguments, scope)
        if let caller { values.named.append(("caller", .callable(caller))) }
        switch function {
        case .callable(let callable):
            let result = try callable.body(values)
            try checkSize(of: result)
            return result
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw JinjaError(.type, "the loop must have the 'recursive' marker to be called recursively")
            }
            guard let items = values.positional.first else { throw JinjaError(.type, "loop needs items") }
            return try recurse(try items.elements())
        case .undefined(let why): throw JinjaError(.undefined, why)
        default: throw JinjaError(.type, "'\(function.typeName)' object is not callable")
        }
    }

    func applyFilter(
        _ name: String,
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments
    ) throws -> JinjaValue {
        let environment = JinjaFilters.Environment(
            limit: limits.outputBytes,
            element: { [unowned self] in try element($1, of: $0) },
            attribute: { [unowned self] in try attribute($1, of: $0) },
            charge: { [unowned self] in try charge($0) }
        )
        try charge(value.size.weight / 256)
        let result = try JinjaFilters.apply(name, value, arguments, environment)
        try checkSize(of: result)
        return result
    }

    // MARK: Attributes and elements

    /// `value.name`: a method first, then a member of that name.
    func attribute(_ name: String, of value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .undefined(let why): throw JinjaError(.undefined, why)
        case .namespace(let namespace):
            return namespace.attributes[.string(name)] ?? noAttribute(name, value)
        case .loop(let loop): return loop.attribute(name) ?? noAttribute(name, value)
        case .callable(let callable):
            return name == "name" ? .string(callable.name) : noAttribute(name, value)
        default: break
        }
        try charge(value.size.weight / 256)
        if let method = try JinjaMethods.method(name, of: value, limit: limits.outputBytes) {
            return .callable(method)
        }
        if case .dictionary(let members) = value, let member = members[.string(name)] { return member }
        return noAttribute(name, value)
    }

    /// `value[key]`: a member or element first, then an attribute of that name.
    func element(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .undefined(let why): throw JinjaError(.undefined, why)
        case .dictionary(let members):
            if (try? key.checkHashable()) != nil, let member = members[key] { return member }
        case .list(let elements), .tuple(let elements):
            guard let index = key.integer else { break }
            let position = index < 0 ? index + elements.count : index
            return elements.indices.contains(position)
                ? elements[position] : .undefined("\(value.typeName) object has no element \(index)")
        case .string(let text), .markup(let text):
            guard let index = key.integer else { break }
            try charge(text.utf8.count / 256)
            let count = text.unicodeScalars.count
            let position = index < 0 ? index + count : index
            guard (0..<count).contains(position) else {
                return .undefined("str object has no element \(index)")
            }
            return .string(PythonText.slice(text, [position]))
        default: break
        }
        guard let name = key.text else {
            return .undefined("\(value.typeName) object has no element \(key.represented)")
        }
        if case .dictionary = value {
            return try JinjaMethods.method(name, of: value, limit: limits.outputBytes).map { .callable($0) }
                ?? noAttribute(name, value)
        }
        return try attribute(name, of: value)
    }

    func noAttribute(_ name: String, _ value: JinjaValue) -> JinjaValue {
        .undefined("'\(value.isNone ? "None" : value.typeName + " object")' has no attribute '\(name)'")
    }

    /// `value[start:stop:step]`
    func slice(
        _ value: JinjaValue,
        _ start: JinjaValue?,
        _ stop: JinjaValue?,
        _ step: JinjaValue?
    ) throws -> JinjaValue {
        if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
        func bound(_ value: JinjaValue?) throws -> Int? {
            guard let value, !value.isNone else { return nil }
            guard let integer = value.integer else {
                throw JinjaError(.type, "slice indices must be integers or None")
            }
            return integer
        }
        let count: Int
        switch value {
        case .list, .tuple, .string, .markup: count = try value.length()
        case .dictionary: throw JinjaError(.type, "unhashable type: 'slice'")
        default: throw JinjaError(.type, "'\(value.typeName)' object is not subscriptable")
        }
        try charge(count / 16)
        let indices = try PythonSlice.indices(
            try bound(start),
            try bound(stop),
            try bound(step),
            count: count
        )
        switch value {
        case .list(let elements): return .list(indices.map { elements[$0] })
        case .tuple(let elements): return .tuple(indices.map { elements[$0] })
        case .markup(let text): return .markup(PythonText.slice(text, indices))
        default: return .string(PythonText.slice(value.text ?? "", indices))
        }
    }
}
