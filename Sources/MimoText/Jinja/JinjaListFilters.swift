/// The filters that take or give lists.
enum JinjaListFilters {
    /// An attribute by its path, `a.b.0`, as the filters that go through elements take it.
    struct AttributePath {
        private let parts: [JinjaValue]

        init(_ attribute: JinjaValue) {
            guard let text = attribute.text else {
                parts = [attribute]
                return
            }
            parts = text.split(separator: ".", omittingEmptySubsequences: false).map { part in
                Int(part).map { .int($0) } ?? .string(String(part))
            }
        }

        /// The value at the end of the path.
        func value(
            of element: JinjaValue,
            standard: JinjaValue? = nil,
            _ environment: JinjaFilters.Environment
        ) throws -> JinjaValue {
            var value = element
            for part in parts {
                value = try environment.element(value, part)
                if let standard, !standard.isNone, value.isUndefined { value = standard }
            }
            return value
        }
    }

    static func apply(
        _ name: String,
        _ value: JinjaValue,
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        switch name {
        case "count", "length": return .int(try value.length())
        case "items":
            switch value {
            case .undefined: return .list([])
            case .dictionary(let members): return .list(members.items)
            default: throw JinjaError(.type, "Can only get item pairs from a mapping.")
            }
        case "dictsort": return try sortedMembers(value, arguments)
        case "reverse":
            if let text = value.text {
                return .string(String(String.UnicodeScalarView(text.unicodeScalars.reversed())))
            }
            return .list(try value.elements().reversed())
        default: break
        }
        // What counts as false is empty for these, even where it could not be gone through.
        let isSelection = ["map", "select", "reject", "selectattr", "rejectattr"].contains(name)
        if isSelection, !value.isTrue { return .list([]) }
        let elements = try value.elements()
        try environment.charge(elements.count)
        switch name {
        case "list": return .list(elements)
        case "first": return elements.first ?? .undefined("No first item, sequence was empty.")
        case "last": return elements.last ?? .undefined("No last item, sequence was empty.")
        case "map": return try map(elements, arguments, environment)
        case "select", "reject", "selectattr", "rejectattr":
            return try select(name, elements, arguments, environment)
        case "sort": return try sort(elements, arguments, environment)
        case "unique": return try unique(elements, arguments, environment)
        case "min", "max": return try extreme(name, elements, arguments, environment)
        case "sum": return try sum(elements, arguments, environment)
        case "groupby": return try group(elements, arguments, environment)
        case "batch": return try batch(elements, arguments)
        case "slice": return try slice(elements, arguments)
        default: throw JinjaError(.syntax, "no filter named \"\(name)\"")
        }
    }

    // MARK: Elements

    private static func map(
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        if arguments.positional.isEmpty,
            let attribute = arguments.named.first(where: { $0.name == "attribute" })
        {
            let path = AttributePath(attribute.value)
            let standard = arguments.named.first { $0.name == "default" }?.value
            return .list(try elements.map { try path.value(of: $0, standard: standard, environment) })
        }
        guard let filter = arguments.positional.first?.text else {
            throw JinjaError(.type, "map requires a filter argument")
        }
        var rest = arguments
        rest.positional.removeFirst()
        return .list(
            try elements.map { element in
                try environment.charge(1)
                return try JinjaFilters.apply(filter, element, rest, environment)
            }
        )
    }

    private static func select(
        _ name: String,
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        var rest = arguments
        var path: AttributePath?
        if name.hasSuffix("attr") {
            guard let attribute = rest.positional.first else {
                throw JinjaError(.type, "\(name): the attribute's name is missing")
            }
            path = AttributePath(attribute)
            rest.positional.removeFirst()
        }
        let test = rest.positional.first?.text
        if test != nil { rest.positional.removeFirst() }
        let wanted = name.hasPrefix("select")
        return .list(
            try elements.filter { element in
                try environment.charge(1)
                let value = try path?.value(of: element, environment) ?? element
                let holds = try test.map { try JinjaTests.holds($0, value, rest) } ?? value.isTrue
                return holds == wanted
            }
        )
    }

    // MARK: Order

    /// What elements are compared by: one or several attributes, texts in small letters unless case counts.
    private static func key(
        _ attribute: JinjaValue?,
        caseSensitive: JinjaValue?,
        several: Bool = false,
        _ environment: JinjaFilters.Environment
    ) -> (JinjaValue) throws -> JinjaValue {
        let ignoresCase = !(caseSensitive?.isTrue ?? false)
        func folded(_ value: JinjaValue) -> JinjaValue {
            ignoresCase ? value.text.map { .string(PythonText.lower($0)) } ?? value : value
        }
        guard let attribute, !attribute.isNone else { return folded }
        if several, let names = attribute.text?.split(separator: ","), names.count > 1 {
            let paths = names.map { AttributePath(.string(String($0))) }
            return { element in .tuple(try paths.map { folded(try $0.value(of: element, environment)) }) }
        }
        let path = AttributePath(attribute)
        return { folded(try path.value(of: $0, environment)) }
    }

    /// Sorted by key, equal ones in their order.
    private static func sorted(
        _ elements: [JinjaValue],
        reversed: Bool,
        by key: (JinjaValue) throws -> JinjaValue
    ) throws -> [JinjaValue] {
        let keyed = try elements.enumerated().map { (position: $0, key: try key($1), element: $1) }
        return try keyed.sorted { a, b in
            if try reversed ? b.key.isLess(than: a.key) : a.key.isLess(than: b.key) { return true }
            if try reversed ? a.key.isLess(than: b.key) : b.key.isLess(than: a.key) { return false }
            return a.position < b.position
        }.map(\.element)
    }

    private static func sort(
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "reverse", "case_sensitive", "attribute", of: "sort")
        let key = key(bound[2], caseSensitive: bound[1], several: true, environment)
        return .list(try sorted(elements, reversed: bound[0]?.isTrue ?? false, by: key))
    }

    private static func sortedMembers(_ value: JinjaValue, _ arguments: JinjaCallArguments) throws
        -> JinjaValue
    {
        guard case .dictionary(let members) = value else {
            if case .undefined(let why) = value { throw JinjaError(.undefined, why) }
            throw JinjaError(.type, "dictsort needs a dict, not \(value.typeName)")
        }
        let bound = try arguments.bound(to: "case_sensitive", "by", "reverse", of: "dictsort")
        let by = bound[1]?.text ?? "key"
        guard by == "key" || by == "value" else {
            throw JinjaError(.value, "You can only sort by either \"key\" or \"value\"")
        }
        let ignoresCase = !(bound[0]?.isTrue ?? false)
        let items = try sorted(members.items, reversed: bound[2]?.isTrue ?? false) { item in
            guard case .tuple(let pair) = item else { return item }
            let key = pair[by == "key" ? 0 : 1]
            return ignoresCase ? key.text.map { .string(PythonText.lower($0)) } ?? key : key
        }
        return .list(items)
    }

    private static func extreme(
        _ name: String,
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "case_sensitive", "attribute", of: name)
        guard var best = elements.first else { return .undefined("No aggregated item, sequence was empty.") }
        let key = key(bound[1], caseSensitive: bound[0], environment)
        var bestKey = try key(best)
        for element in elements.dropFirst() {
            let candidate = try key(element)
            if try name == "min" ? candidate.isLess(than: bestKey) : bestKey.isLess(than: candidate) {
                best = element
                bestKey = candidate
            }
        }
        return best
    }

    private static func unique(
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "case_sensitive", "attribute", of: "unique")
        let key = key(bound[1], caseSensitive: bound[0], environment)
        var seen = JinjaDictionary()
        return .list(
            try elements.filter { element in
                let key = try key(element)
                try key.checkHashable()
                defer { seen[key] = .bool(true) }
                return seen[key] == nil
            }
        )
    }

    private static func group(
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "attribute", "default", "case_sensitive", of: "groupby")
        guard let attribute = bound[0] else { throw JinjaError(.type, "groupby needs an attribute") }
        let path = AttributePath(attribute)
        let ignoresCase = !(bound[2]?.isTrue ?? false)
        func value(_ element: JinjaValue) throws -> JinjaValue {
            try path.value(of: element, standard: bound[1], environment)
        }
        func key(_ element: JinjaValue) throws -> JinjaValue {
            let value = try value(element)
            return ignoresCase ? value.text.map { .string(PythonText.lower($0)) } ?? value : value
        }
        var groups: [(key: JinjaValue, elements: [JinjaValue])] = []
        for element in try sorted(elements, reversed: false, by: key) {
            let key = try key(element)
            if let last = groups.indices.last, groups[last].key.equals(key) {
                groups[last].elements.append(element)
            } else {
                groups.append((key, [element]))
            }
        }
        return .list(try groups.map { .tuple([try value($0.elements[0]), .list($0.elements)]) })
    }

    // MARK: Numbers

    private static func sum(
        _ elements: [JinjaValue],
        _ arguments: JinjaCallArguments,
        _ environment: JinjaFilters.Environment
    ) throws -> JinjaValue {
        let bound = try arguments.bound(to: "attribute", "start", of: "sum")
        let path = bound[0].flatMap { $0.isNone ? nil : AttributePath($0) }
        var total = bound[1] ?? .int(0)
        if total.text != nil { throw JinjaError(.type, "sum() can't sum strings [use ''.join(seq) instead]") }
        for element in elements {
            let value = try path?.value(of: element, environment) ?? element
            try environment.charge(1)
            total = try JinjaArithmetic.apply(.add, total, value, limit: environment.limit)
        }
        return total
    }

    private static func batch(_ elements: [JinjaValue], _ arguments: JinjaCallArguments) throws -> JinjaValue
    {
        let bound = try arguments.bound(to: "linecount", "fill_with", of: "batch")
        let count = try JinjaFilters.integer(bound[0], 0, "batch")
        guard count > 0, count <= 1 << 20 else { throw JinjaError(.value, "batch needs a number above 0") }
        return .list(
            stride(from: 0, to: elements.count, by: count).map { start in
                var line = Array(elements[start..<min(start + count, elements.count)])
                if let fill = bound[1], !fill.isNone {
                    line += repeatElement(fill, count: count - line.count)
                }
                return .list(line)
            }
        )
    }

    private static func slice(_ elements: [JinjaValue], _ arguments: JinjaCallArguments) throws -> JinjaValue
    {
        let bound = try arguments.bound(to: "slices", "fill_with", of: "slice")
        let count = try JinjaFilters.integer(bound[0], 0, "slice")
        guard count > 0, count <= 1 << 20 else { throw JinjaError(.value, "slice needs a number above 0") }
        let (size, extra) = elements.count.quotientAndRemainder(dividingBy: count)
        var start = 0
        return .list(
            (0..<count).map { number in
                let end = start + size + (number < extra ? 1 : 0)
                defer { start = end }
                var part = Array(elements[start..<end])
                if number >= extra, let fill = bound[1], !fill.isNone { part.append(fill) }
                return .list(part)
            }
        )
    }
}
