internal import MimoFiles

/// Runs the statements of one template for one context.
final class JinjaRenderer {
    private let limits: JinjaLimits
    private let now: LocalTime
    /// The output, and inside it what is being captured for a variable, a macro or a filter.
    private var buffers = [""]
    private var steps = 0
    private var depth = 0
    private var line = 1
    private var generation: [(range: Range<Int>, capturedText: String?)] = []
    /// What may hold itself in a circle, to be taken apart at the end.
    private var scopes: [JinjaScope] = []
    private var namespaces: [JinjaNamespace] = []

    /// How a block ended.
    private enum Flow {
        case normal, breaking, continuing
    }

    init(limits: JinjaLimits, now: LocalTime) {
        self.limits = limits
        self.now = now
    }

    /// Renders a template.
    ///
    /// - Returns: the text, and the UTF-8 ranges of its generation blocks.
    /// - Throws: ``JinjaError`` with the line where it happened.
    func render(
        _ body: [JinjaNode],
        _ context: JSONObject,
        tracingGeneration: Bool = false
    ) throws -> (text: String, generation: [Range<Int>]) {
        let globals = JinjaScope(in: nil)
        let root = JinjaScope(in: globals)
        scopes = [globals, root]
        defer {
            for scope in scopes { scope.removeAll() }
            for namespace in namespaces { namespace.attributes = JinjaDictionary() }
        }
        defineGlobals(in: globals)
        for (name, value) in context { root.set(name, JinjaValue(value)) }
        do {
            _ = try execute(body, root)
        } catch var error as JinjaError {
            if error.line == nil { error.line = line }
            throw error
        }
        let text = buffers[0]
        guard tracingGeneration else { return (text, []) }
        for case (let range, let captured?) in generation
        where range.upperBound > text.utf8.count || !text.utf8Slice(range).isSame(as: captured) {
            throw JinjaError(.value, "a generation block stands in text that was captured and changed")
        }
        return (text, generation.map(\.range))
    }

    // MARK: Limits

    /// Counts steps before they are done.
    func charge(_ count: Int) throws {
        steps += count
        guard steps <= limits.steps else { throw JinjaError(.limit, "more than \(limits.steps) steps") }
    }

    private func deeper<Result>(_ body: () throws -> Result) throws -> Result {
        depth += 1
        defer { depth -= 1 }
        guard depth <= limits.depth else { throw JinjaError(.limit, "deeper than \(limits.depth)") }
        try charge(1)
        return try body()
    }

    private func emit(_ text: String) throws {
        try charge(text.utf8.count / 256)
        buffers[buffers.count - 1] += text
        guard buffers[buffers.count - 1].utf8.count <= limits.outputBytes else {
            throw JinjaError(.limit, "more than \(limits.outputBytes) bytes of output")
        }
    }

    /// What a body writes, as text instead of output.
    private func captured(_ body: () throws -> Void) throws -> String {
        buffers.append("")
        do {
            try body()
        } catch {
            buffers.removeLast()
            throw error
        }
        return buffers.removeLast()
    }

    // MARK: Statements

    private func execute(_ body: [JinjaNode], _ scope: JinjaScope) throws -> Flow {
        for node in body {
            line = node.line
            switch node.statement {
            case .text(let text):
                try charge(1)
                try emit(text)
            case .output(let expression): try emit(try evaluate(expression, scope).printed)
            case .breakLoop: return .breaking
            case .continueLoop: return .continuing
            default:
                let flow = try deeper { try execute(node.statement, scope) }
                if flow != .normal { return flow }
            }
        }
        return .normal
    }

    private func execute(_ statement: JinjaStatement, _ scope: JinjaScope) throws -> Flow {
        switch statement {
        case .condition(let branches, let otherwise):
            for branch in branches where try evaluate(branch.test, scope).isTrue {
                return try execute(branch.body, scope)
            }
            return try execute(otherwise, scope)
        case .loop(let loop):
            try run(loop, over: try evaluate(loop.items, scope).elements(), depth: 0, scope)
        case .set(let target, let value):
            try assign(try evaluate(value, scope), to: target, scope)
        case .setBlock(let target, let filters, let body):
            let text = try captured { _ = try execute(body, JinjaScope(in: scope)) }
            try assign(try filtered(.string(text), filters, scope), to: target, scope)
        case .macro(let macro):
            scopes.append(scope)
            scope.set(macro.name, .callable(callable(macro, scope)))
        case .call(let call, let macro):
            try emit(try evaluateCall(call, scope, caller: callable(macro, scope)).printed)
        case .filterBlock(let filters, let body):
            let text = try captured { _ = try execute(body, JinjaScope(in: scope)) }
            try emit(try filtered(.string(text), filters, scope).printed)
        case .with(let values, let body):
            let inner = JinjaScope(in: scope)
            for (target, value) in values { try assign(try evaluate(value, scope), to: target, inner) }
            return try execute(body, inner)
        case .generation(let body): return try generate(body, scope)
        case .text, .output, .breakLoop, .continueLoop: break
        }
        return .normal
    }

    /// A generation block: its place in the output is where it will be if what captures it is not changed.
    private func generate(_ body: [JinjaNode], _ scope: JinjaScope) throws -> Flow {
        let before = buffers.reduce(0) { $0 + $1.utf8.count }
        let start = buffers[buffers.count - 1].utf8.count
        let flow = try execute(body, JinjaScope(in: scope))
        let written = buffers[buffers.count - 1]
        let count = written.utf8.count - start
        let isCaptured = buffers.count > 1
        generation.append(
            (before..<before + count, isCaptured ? written.utf8Slice(start..<start + count) : nil)
        )
        return flow
    }

    private func filtered(_ value: JinjaValue, _ filters: [JinjaFilterUse], _ scope: JinjaScope) throws
        -> JinjaValue
    {
        try filters.reduce(value) { value, filter in
            try applyFilter(filter.name, value, try evaluate(filter.arguments, scope))
        }
    }

    private func assign(_ value: JinjaValue, to target: JinjaTarget, _ scope: JinjaScope) throws {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope.value(of: name) else {
                throw JinjaError(.type, "cannot assign attribute on non-namespace object \"\(name)\"")
            }
            namespace.attributes[.string(attribute)] = value
        case .tuple(let targets):
            let elements = try value.elements()
            guard elements.count == targets.count else {
                throw JinjaError(.value, "cannot unpack \(elements.count) values into \(targets.count) names")
            }
            for (target, element) in zip(targets, elements) { try assign(element, to: target, scope) }
        }
    }

    // MARK: Loops

    private func run(_ syntax: JinjaLoopSyntax, over items: [JinjaValue], depth: Int, _ scope: JinjaScope)
        throws
    {
        var items = items
        if let condition = syntax.condition {
            items = try items.filter { item in
                let inner = JinjaScope(in: scope)
                try assign(item, to: syntax.target, inner)
                return try evaluate(condition, inner).isTrue
            }
        }
        guard !items.isEmpty else {
            _ = try execute(syntax.otherwise, JinjaScope(in: scope))
            return
        }
        let recurse: (([JinjaValue]) throws -> JinjaValue)? =
            syntax.isRecursive
            ? { [unowned self] items in
                try deeper {
                    .string(try captured { try run(syntax, over: items, depth: depth + 1, scope) })
                }
            } : nil
        let loop = JinjaLoop(items, depth: depth, recurse: recurse)
        for index in items.indices {
            try charge(1)
            loop.index = index
            let inner = JinjaScope(in: scope)
            try assign(items[index], to: syntax.target, inner)
            inner.set("loop", .loop(loop))
            if try execute(syntax.body, inner) == .breaking { return }
        }
    }

    // MARK: Macros

    private func callable(_ macro: JinjaMacroSyntax, _ scope: JinjaScope) -> JinjaCallable {
        JinjaCallable(macro.name) { [unowned self] arguments in
            try deeper {
                let caller = line
                defer { line = caller }
                let inner = JinjaScope(in: scope)
                try bind(arguments, to: macro, inner)
                return .string(try captured { _ = try execute(macro.body, inner) })
            }
        }
    }

    private func bind(_ arguments: JinjaCallArguments, to macro: JinjaMacroSyntax, _ scope: JinjaScope) throws
    {
        var named = arguments.named
        for (position, parameter) in macro.parameters.enumerated() {
            let given = named.firstIndex { $0.name == parameter.name }.map { named.remove(at: $0).value }
            if position < arguments.positional.count {
                guard given == nil else {
                    throw JinjaError(.type, "macro '\(macro.name)' got two values for '\(parameter.name)'")
                }
                scope.set(parameter.name, arguments.positional[position])
            } else if let given {
                scope.set(parameter.name, given)
            } else if let standard = parameter.value {
                scope.set(parameter.name, try evaluate(standard, scope))
            } else {
                scope.set(parameter.name, .undefined("parameter '\(parameter.name)' was not provided"))
            }
        }
        if macro.names.contains("caller"), !macro.parameters.contains(where: { $0.name == "caller" }) {
            let given = named.firstIndex { $0.name == "caller" }.map { named.remove(at: $0).value }
            scope.set("caller", given ?? .undefined("No caller defined"))
        }
        let extra = arguments.positional.dropFirst(macro.parameters.count)
        if macro.names.contains("varargs") {
            scope.set("varargs", .tuple(Array(extra)))
        } else if !extra.isEmpty {
            throw JinjaError(
                .type,
                "macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)"
            )
        }
        if macro.names.contains("kwargs") {
            var members = JinjaDictionary()
            for (name, value) in named { members[.string(name)] = value }
            scope.set("kwargs", .dictionary(members))
        } else if let unknown = named.first {
            throw JinjaError(.type, "macro '\(macro.name)' takes no keyword argument '\(unknown.name)'")
        }
    }

    // MARK: Expressions

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
            return scope.value(of: name) ?? .undefined("'\(name)' is undefined")
        default: return try deeper { try evaluateCompound(expression, scope) }
        }
    }

    private func evaluateCompound(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
        switch expression {
        case .list(let elements): return .list(try elements.map { try evaluate($0, scope) })
        case .tuple(let elements): return .tuple(try elements.map { try evaluate($0, scope) })
        case .dictionary(let members):
            var dictionary = JinjaDictionary()
            for (key, value) in members {
                let key = try evaluate(key, scope)
                try key.checkHashable()
                dictionary[key] = try evaluate(value, scope)
            }
            return .dictionary(dictionary)
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

    private func negated(_ value: JinjaValue) throws -> JinjaValue {
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
    private func evaluateArithmetic(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
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

    private func evaluateComparisons(
        _ left: JinjaExpression,
        _ comparisons: [(comparison: JinjaComparison, right: JinjaExpression)],
        _ scope: JinjaScope
    ) throws -> JinjaValue {
        var value = try evaluate(left, scope)
        for (comparison, right) in comparisons {
            let next = try evaluate(right, scope)
            try charge(Self.size(of: next) / 256)
            guard try value.compare(comparison, next) else { return .bool(false) }
            value = next
        }
        return .bool(true)
    }

    private func concatenated(_ parts: [JinjaValue]) throws -> JinjaValue {
        let isMarkup = parts.contains { if case .markup = $0 { true } else { false } }
        let text = parts.map { isMarkup ? HTML.escaped($0) : $0.printed }.joined()
        let value: JinjaValue = isMarkup ? .markup(text) : .string(text)
        try checkSize(of: value)
        return value
    }

    /// Bytes of text, or so many for each element.
    private static func size(of value: JinjaValue) -> Int {
        switch value {
        case .string(let text), .markup(let text): text.utf8.count
        case .list(let elements), .tuple(let elements): elements.count * 16
        case .dictionary(let members): members.count * 16
        default: 0
        }
    }

    private func checkSize(of value: JinjaValue) throws {
        let size = Self.size(of: value)
        try charge(size / 256)
        guard size <= limits.outputBytes else {
            throw JinjaError(.limit, "a value of more than \(limits.outputBytes) bytes")
        }
    }

    // MARK: Calls

    private func evaluate(_ arguments: JinjaArguments, _ scope: JinjaScope) throws -> JinjaCallArguments {
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

    private func evaluateCall(
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

    private func applyFilter(
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
        try charge(Self.size(of: value) / 256)
        let result = try JinjaFilters.apply(name, value, arguments, environment)
        try checkSize(of: result)
        return result
    }

    // MARK: Attributes and elements

    /// `value.name`: a method first, then a member of that name.
    private func attribute(_ name: String, of value: JinjaValue) throws -> JinjaValue {
        switch value {
        case .undefined(let why): throw JinjaError(.undefined, why)
        case .namespace(let namespace):
            return namespace.attributes[.string(name)] ?? noAttribute(name, value)
        case .loop(let loop): return loop.attribute(name) ?? noAttribute(name, value)
        case .callable(let callable):
            return name == "name" ? .string(callable.name) : noAttribute(name, value)
        default: break
        }
        if let method = try JinjaMethods.method(name, of: value, limit: limits.outputBytes) {
            return .callable(method)
        }
        if case .dictionary(let members) = value, let member = members[.string(name)] { return member }
        return noAttribute(name, value)
    }

    /// `value[key]`: a member or element first, then an attribute of that name.
    private func element(_ key: JinjaValue, of value: JinjaValue) throws -> JinjaValue {
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

    private func noAttribute(_ name: String, _ value: JinjaValue) -> JinjaValue {
        .undefined("'\(value.isNone ? "None" : value.typeName + " object")' has no attribute '\(name)'")
    }

    /// `value[start:stop:step]`
    private func slice(
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
        default: return .undefined("\(value.typeName) object cannot be sliced")
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

    // MARK: Globals

    private func defineGlobals(in scope: JinjaScope) {
        func define(_ name: String, _ body: @escaping (JinjaCallArguments) throws -> JinjaValue) {
            scope.set(name, .callable(JinjaCallable(name, body)))
        }
        define("raise_exception") { arguments in
            throw JinjaError(
                .raised,
                try arguments.bound(to: "message", of: "raise_exception")[0]?.printed ?? ""
            )
        }
        define("strftime_now") { [now] arguments in
            guard let format = try arguments.bound(to: "format", of: "strftime_now")[0]?.text else {
                throw JinjaError(.type, "strftime_now needs a format")
            }
            return .string(now.formatted(format))
        }
        define("range") { [unowned self] in .list(try JinjaGlobals.range($0) { try charge($0) }) }
        define("dict") { .dictionary(try JinjaGlobals.dictionary($0)) }
        define("namespace") { [unowned self] arguments in
            .namespace(namespace(try JinjaGlobals.dictionary(arguments)))
        }
        define("joiner") { arguments in
            let separator = try arguments.bound(to: "sep", of: "joiner")[0] ?? .string(", ")
            var isFirst = true
            return .callable(
                JinjaCallable("joiner") { _ in
                    defer { isFirst = false }
                    return isFirst ? .string("") : separator
                }
            )
        }
        define("cycler") { [unowned self] arguments in .namespace(try cycler(arguments.positional)) }
    }

    private func namespace(_ attributes: JinjaDictionary) -> JinjaNamespace {
        let namespace = JinjaNamespace(attributes)
        namespaces.append(namespace)
        return namespace
    }

    private func cycler(_ items: [JinjaValue]) throws -> JinjaNamespace {
        guard let first = items.first else { throw JinjaError(.type, "at least one item has to be provided") }
        let cycler = namespace(JinjaDictionary())
        var position = 0
        cycler.attributes[.string("current")] = first
        func move(to next: Int) {
            position = next % items.count
            cycler.attributes[.string("current")] = items[position]
        }
        cycler.attributes[.string("next")] = .callable(
            JinjaCallable("next") { _ in
                defer { move(to: position + 1) }
                return items[position]
            }
        )
        cycler.attributes[.string("reset")] = .callable(
            JinjaCallable("reset") { _ in
                move(to: 0)
                return .none
            }
        )
        return cycler
    }
}
