/// The expressions, from the loosest binding to the tightest.
extension JinjaParser {
    /// An expression, or several with commas between them, which are a tuple.
    ///
    /// `a if b else c` is taken only `withCondition`, as some tags go on with `if`; a name may end the tuple after a
    /// comma.
    mutating func parseTuple(withCondition: Bool = true, endingAt end: String? = nil) throws
        -> JinjaExpression
    {
        var elements: [JinjaExpression] = []
        var isTuple = false
        repeat {
            if isAtTupleEnd || (end.map { isAt(name: $0) } ?? false) { break }
            elements.append(withCondition ? try parseExpression() : try deeper { try $0.parseOr() })
            if isAt(",") { isTuple = true }
        } while take(",")
        guard let first = elements.first else { throw unexpected("an expression") }
        return isTuple ? .tuple(elements) : first
    }

    private var isAtTupleEnd: Bool {
        current.kind == .variableEnd || current.kind == .blockEnd || isAt(")")
    }

    /// An expression: `a if b else c`, and what binds tighter.
    mutating func parseExpression() throws -> JinjaExpression {
        try deeper { parser in
            var expression = try parser.parseOr()
            var chain = 0
            while parser.take(name: "if") {
                try parser.count(&chain)
                let condition = try parser.parseOr()
                let otherwise = parser.take(name: "else") ? try parser.parseExpression() : nil
                expression = .conditional(expression, condition: condition, otherwise: otherwise)
            }
            return expression
        }
    }

    mutating func parseOr() throws -> JinjaExpression {
        var left = try parseAnd()
        var chain = 0
        while take(name: "or") {
            try count(&chain)
            left = .or(left, try parseAnd())
        }
        return left
    }

    private mutating func parseAnd() throws -> JinjaExpression {
        var left = try parseNot()
        var chain = 0
        while take(name: "and") {
            try count(&chain)
            left = .and(left, try parseNot())
        }
        return left
    }

    private mutating func parseNot() throws -> JinjaExpression {
        guard take(name: "not") else { return try parseComparison() }
        return .not(try deeper { try $0.parseNot() })
    }

    private mutating func parseComparison() throws -> JinjaExpression {
        let left = try parseSum()
        var comparisons: [(comparison: JinjaComparison, right: JinjaExpression)] = []
        while let comparison = takeComparison() { comparisons.append((comparison, try parseSum())) }
        return comparisons.isEmpty ? left : .comparison(left, comparisons)
    }

    private mutating func takeComparison() -> JinjaComparison? {
        if take(name: "in") { return .isIn }
        if isAt(name: "not"), next.kind == .name("in") {
            advance()
            advance()
            return .isNotIn
        }
        guard case .operator(let symbol) = current.kind, let comparison = JinjaComparison(rawValue: symbol)
        else {
            return nil
        }
        advance()
        return comparison
    }

    private mutating func parseSum() throws -> JinjaExpression {
        try parseArithmetic([.add, .subtract]) { try $0.parseConcatenation() }
    }

    private mutating func parseConcatenation() throws -> JinjaExpression {
        let first = try parseProduct()
        guard isAt("~") else { return first }
        var parts = [first]
        while take("~") { parts.append(try parseProduct()) }
        return .concatenation(parts)
    }

    private mutating func parseProduct() throws -> JinjaExpression {
        try parseArithmetic([.multiply, .divide, .floorDivide, .modulo]) { parser in
            // As Jinja has it, powers associate to the left, too.
            try parser.parseArithmetic([.power]) { try $0.parseUnary(withFilters: true) }
        }
    }

    private mutating func parseArithmetic(
        _ operators: [JinjaOperator],
        _ operand: (inout JinjaParser) throws -> JinjaExpression
    ) throws -> JinjaExpression {
        var left = try operand(&self)
        var chain = 0
        while case .operator(let symbol) = current.kind, let operation = JinjaOperator(rawValue: symbol),
            operators.contains(operation)
        {
            try count(&chain)
            advance()
            left = .arithmetic(operation, left, try operand(&self))
        }
        return left
    }

    private mutating func parseUnary(withFilters: Bool) throws -> JinjaExpression {
        var expression: JinjaExpression
        if take("-") {
            expression = .negative(try deeper { try $0.parseUnary(withFilters: false) })
        } else if take("+") {
            expression = .positive(try deeper { try $0.parseUnary(withFilters: false) })
        } else {
            expression = try parsePrimary()
        }
        expression = try parsePostfix(expression)
        return withFilters ? try parseFiltersAndTests(expression) : expression
    }

    private mutating func count(_ chain: inout Int) throws {
        chain += 1
        guard chain <= Self.longestChain else {
            throw error("more than \(Self.longestChain) operators in a row")
        }
    }

    // MARK: Primaries

    private mutating func parsePrimary() throws -> JinjaExpression {
        switch current.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return .bool(true)
            case "false", "False": return .bool(false)
            case "none", "None": return .none
            default:
                names.insert(name)
                return .name(name)
            }
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return .string(text)
        case .integer(let value):
            advance()
            return .integer(value)
        case .float(let value):
            advance()
            return .float(value)
        case .operator("("):
            advance()
            let inner = isAt(")") ? .tuple([]) : try deeper { try $0.parseTuple() }
            try expect(")")
            return inner
        case .operator("["):
            advance()
            return .list(try parseElements(until: "]"))
        case .operator("{"):
            advance()
            return try parseDictionary()
        default: throw unexpected("an expression")
        }
    }

    private mutating func parseElements(until end: String) throws -> [JinjaExpression] {
        var elements: [JinjaExpression] = []
        while !isAt(end) {
            if !elements.isEmpty {
                try expect(",")
                if isAt(end) { break }
            }
            elements.append(try parseExpression())
        }
        try expect(end)
        return elements
    }

    private mutating func parseDictionary() throws -> JinjaExpression {
        var members: [(key: JinjaExpression, value: JinjaExpression)] = []
        while !isAt("}") {
            if !members.isEmpty {
                try expect(",")
                if isAt("}") { break }
            }
            let key = try parseExpression()
            try expect(":")
            members.append((key, try parseExpression()))
        }
        try expect("}")
        return .dictionary(members)
    }

    // MARK: Postfixes

    private mutating func parsePostfix(_ expression: JinjaExpression) throws -> JinjaExpression {
        var expression = expression
        var chain = 0
        while true {
            try count(&chain)
            if take(".") {
                expression = try parseAttribute(of: expression)
            } else if take("[") {
                expression = try parseElement(of: expression)
            } else if isAt("(") {
                expression = .call(expression, try parseArguments())
            } else {
                return expression
            }
        }
    }

    private mutating func parseAttribute(of expression: JinjaExpression) throws -> JinjaExpression {
        if case .integer(let index) = current.kind {
            advance()
            return .element(expression, .integer(index))
        }
        return .attribute(expression, try expectName())
    }

    private mutating func parseElement(of expression: JinjaExpression) throws -> JinjaExpression {
        let start = isAt(":") ? nil : try parseExpression()
        guard take(":") else {
            guard let start else { throw unexpected("an index") }
            guard isAt(",") else {
                try expect("]")
                return .element(expression, start)
            }
            advance()
            return .element(expression, .tuple([start] + (try parseElements(until: "]"))))
        }
        let stop = isAt(":") || isAt("]") ? nil : try parseExpression()
        let step = take(":") && !isAt("]") ? try parseExpression() : nil
        try expect("]")
        return .slice(expression, start: start, stop: stop, step: step)
    }

    private mutating func parseFiltersAndTests(_ expression: JinjaExpression) throws -> JinjaExpression {
        var expression = expression
        var chain = 0
        while true {
            try count(&chain)
            if isAt("|") {
                for filter in try parseFilters(afterBar: true) { expression = .filter(expression, filter) }
            } else if take(name: "is") {
                expression = try parseTest(of: expression)
            } else if isAt("(") {
                expression = .call(expression, try parseArguments())
            } else {
                return expression
            }
        }
    }

    /// `a|b(c)|d`: the filters, in order; the first bar is there or not.
    mutating func parseFilters(afterBar: Bool = false) throws -> [JinjaFilterUse] {
        var filters: [JinjaFilterUse] = []
        if afterBar { try expect("|") }
        repeat {
            let name = try parseDottedName()
            filters.append(
                JinjaFilterUse(name: name, arguments: isAt("(") ? try parseArguments() : JinjaArguments())
            )
            guard filters.count <= Self.longestChain else { throw error("too many filters in a row") }
        } while take("|")
        return filters
    }

    private mutating func parseTest(of expression: JinjaExpression) throws -> JinjaExpression {
        let isNegated = take(name: "not")
        let name = try parseDottedName()
        var use = JinjaFilterUse(name: name)
        if isAt("(") {
            use.arguments = try parseArguments()
        } else if isAtTestArgument {
            if isAt(name: "is") { throw error("tests cannot be chained with \"is\"") }
            let argument = try parsePrimary()
            use.arguments.positional = [try parsePostfix(argument)]
        }
        return isNegated ? .not(.test(expression, use)) : .test(expression, use)
    }

    /// Whether what follows a test is its one argument, written without parentheses.
    private var isAtTestArgument: Bool {
        switch current.kind {
        case .name(let name): !["else", "or", "and"].contains(name)
        case .string, .integer, .float: true
        case .operator(let symbol): symbol == "[" || symbol == "{"
        default: false
        }
    }

    private mutating func parseDottedName() throws -> String {
        var name = try expectName()
        while take(".") { name += "." + (try expectName()) }
        return name
    }

    /// The arguments of a call, with their parentheses.
    mutating func parseArguments() throws -> JinjaArguments {
        try deeper { parser in
            var arguments = JinjaArguments()
            var isFirst = true
            try parser.expect("(")
            while !parser.isAt(")") {
                if !isFirst {
                    try parser.expect(",")
                    if parser.isAt(")") { break }
                }
                isFirst = false
                try parser.parseArgument(into: &arguments)
            }
            try parser.expect(")")
            return arguments
        }
    }

    private mutating func parseArgument(into arguments: inout JinjaArguments) throws {
        if take("**") {
            guard arguments.spreadDictionary == nil else { throw error("two \"**\" in a call") }
            arguments.spreadDictionary = try parseExpression()
        } else if take("*") {
            guard arguments.spreadList == nil else { throw error("two \"*\" in a call") }
            arguments.spreadList = try parseExpression()
        } else if case .name(let name) = current.kind, next.kind == .operator("=") {
            advance()
            advance()
            arguments.named.append((name, try parseExpression()))
        } else {
            guard arguments.named.isEmpty, arguments.spreadDictionary == nil else {
                throw error("a positional argument behind a named one")
            }
            arguments.positional.append(try parseExpression())
        }
    }
}
