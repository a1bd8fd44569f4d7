internal import MimoFiles

/// Runs the statements of one template for one context.
final class JinjaRenderer {
    let limits: JinjaLimits
    let now: LocalTime
    /// The output, and inside it what is being captured for a variable, a macro or a filter.
    private var buffers = [""]
    private var steps = 0
    private var depth = 0
    private var line = 1
    private var generation: [(range: Range<Int>, capturedText: String?)] = []
    /// What may hold itself in a circle, to be taken apart at the end.
    private var scopes: [JinjaScope] = []
    var namespaces: [JinjaNamespace] = []
    /// The functions of ``global(_:)`` that were asked for.
    var globals: [String: JinjaValue] = [:]

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
        let root = JinjaScope(in: nil)
        scopes = [root]
        defer {
            for scope in scopes { scope.removeAll() }
            for namespace in namespaces { namespace.attributes = JinjaDictionary() }
        }
        do {
            for (name, value) in context { root.set(name, try checked(JinjaValue(value))) }
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

    func deeper<Result>(_ body: () throws -> Result) throws -> Result {
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
        try charge(items.count / 16)
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
}
