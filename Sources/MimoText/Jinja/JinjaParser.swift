/// Reads the statements of a template.
struct JinjaParser {
    private var tokens: [JinjaToken]
    private var position = 0
    /// Blocks and expressions inside each other at this point.
    private var depth = 0
    /// The loops around this point, within the macro at hand.
    private var loops = 0
    /// The names read so far in the macro at hand.
    var names: Set<String> = []

    /// Deeper nesting, and longer chains, are nobody's template.
    private static let deepest = 200
    static let longestChain = 1000

    private init(tokens: [JinjaToken]) { self.tokens = tokens }

    /// The statements of a template.
    ///
    /// - Throws: ``JinjaError`` of kind `syntax`.
    static func parse(_ template: String) throws -> [JinjaNode] {
        var parser = JinjaParser(tokens: try JinjaLexer.tokens(of: template))
        let (body, _) = try parser.parseBody(until: [], of: nil)
        return body
    }

    // MARK: Tokens

    var current: JinjaToken { tokens[position] }
    var next: JinjaToken { tokens[min(position + 1, tokens.count - 1)] }

    mutating func advance() { position = min(position + 1, tokens.count - 1) }

    func isAt(_ symbol: String) -> Bool { current.kind == .operator(symbol) }
    func isAt(name: String) -> Bool { current.kind == .name(name) }

    /// Goes past an operator, if it is at hand.
    mutating func take(_ symbol: String) -> Bool {
        guard isAt(symbol) else { return false }
        advance()
        return true
    }

    /// Goes past a name, if it is at hand.
    mutating func take(name: String) -> Bool {
        guard isAt(name: name) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws {
        guard take(symbol) else { throw unexpected("\"\(symbol)\"") }
    }

    mutating func expectName() throws -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        advance()
        return name
    }

    private mutating func expectBlockEnd() throws {
        guard current.kind == .blockEnd else { throw unexpected("\"%}\"") }
        advance()
    }

    func unexpected(_ expected: String) -> JinjaError {
        JinjaError(.syntax, "\(expected) expected, found \(current.words)", line: current.line)
    }

    func error(_ message: String) -> JinjaError { JinjaError(.syntax, message, line: current.line) }

    /// Parses something one level deeper.
    mutating func deeper<Parsed>(_ parse: (inout JinjaParser) throws -> Parsed) throws -> Parsed {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw error("nested deeper than \(Self.deepest)") }
        return try parse(&self)
    }

    // MARK: Statements

    /// Parses up to a tag with one of the names in `ends`, and goes past that name.
    private mutating func parseBody(
        until ends: Set<String>,
        of block: (name: String, line: Int)?
    ) throws -> (body: [JinjaNode], end: String) {
        try deeper { parser in
            var body: [JinjaNode] = []
            while true {
                let line = parser.current.line
                switch parser.current.kind {
                case .text(let text):
                    parser.advance()
                    body.append(JinjaNode(line: line, statement: .text(text)))
                case .variableBegin:
                    parser.advance()
                    let expression = try parser.parseTuple()
                    guard parser.current.kind == .variableEnd else { throw parser.unexpected("\"}}\"") }
                    parser.advance()
                    body.append(JinjaNode(line: line, statement: .output(expression)))
                case .blockBegin:
                    parser.advance()
                    let name = try parser.expectName()
                    if ends.contains(name) { return (body, name) }
                    body.append(JinjaNode(line: line, statement: try parser.parseStatement(name, line)))
                default:
                    guard let block else { return (body, "") }
                    throw JinjaError(
                        .syntax,
                        "\"\(block.name)\" does not end; one of \(ends.sorted()) expected",
                        line: block.line
                    )
                }
            }
        }
    }

    /// Parses the body of a block that has one kind of end.
    private mutating func parseBlock(_ name: String, _ line: Int) throws -> [JinjaNode] {
        try expectBlockEnd()
        let body = try parseBody(until: ["end" + name], of: (name, line)).body
        if name == "block", case .name = current.kind { advance() }
        try expectBlockEnd()
        return body
    }

    private mutating func parseStatement(_ name: String, _ line: Int) throws -> JinjaStatement {
        switch name {
        case "if": return try parseCondition(line)
        case "for": return try parseLoop(line)
        case "set": return try parseSet(line)
        case "macro": return try parseMacro(line)
        case "call": return try parseCall(line)
        case "filter":
            let filters = try parseFilters()
            return .filterBlock(filters, try parseBlock("filter", line))
        case "with": return try parseWith(line)
        case "generation": return .generation(try parseBlock("generation", line))
        case "break", "continue":
            guard loops > 0 else { throw error("\"\(name)\" outside of a loop") }
            try expectBlockEnd()
            return name == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends", "block", "autoescape", "do", "trans":
            throw JinjaError(.syntax, "\"\(name)\" is not supported in a chat template", line: line)
        default:
            throw JinjaError(.syntax, "unknown tag \"\(name)\"", line: line)
        }
    }

    private mutating func parseCondition(_ line: Int) throws -> JinjaStatement {
        var branches: [(test: JinjaExpression, body: [JinjaNode])] = []
        while true {
            let test = try parseTuple(withCondition: false)
            try expectBlockEnd()
            let (body, end) = try parseBody(until: ["elif", "else", "endif"], of: ("if", line))
            branches.append((test, body))
            if end == "elif" { continue }
            var otherwise: [JinjaNode] = []
            try expectBlockEnd()
            if end == "else" {
                otherwise = try parseBody(until: ["endif"], of: ("if", line)).body
                try expectBlockEnd()
            }
            return .condition(branches, otherwise: otherwise)
        }
    }

    private mutating func parseLoop(_ line: Int) throws -> JinjaStatement {
        let target = try parseTargets(endingAt: "in")
        guard take(name: "in") else { throw unexpected("\"in\"") }
        let items = try parseTuple(withCondition: false, endingAt: "recursive")
        let condition = take(name: "if") ? try parseExpression() : nil
        let isRecursive = take(name: "recursive")
        try expectBlockEnd()
        loops += 1
        let (body, end) = try parseBody(until: ["else", "endfor"], of: ("for", line))
        loops -= 1
        try expectBlockEnd()
        var otherwise: [JinjaNode] = []
        if end == "else" {
            otherwise = try parseBody(until: ["endfor"], of: ("for", line)).body
            try expectBlockEnd()
        }
        return .loop(
            JinjaLoopSyntax(
                target: target,
                items: items,
                condition: condition,
                isRecursive: isRecursive,
                body: body,
                otherwise: otherwise
            )
        )
    }

    private mutating func parseSet(_ line: Int) throws -> JinjaStatement {
        let target: JinjaTarget
        if case .name(let name) = current.kind, next.kind == .operator(".") {
            advance()
            advance()
            target = .attribute(name, try expectName())
            names.insert(name)
        } else {
            target = try parseTargets(endingAt: nil)
        }
        if take("=") {
            let value = try parseTuple()
            try expectBlockEnd()
            return .set(target, value)
        }
        let filters = isAt("|") ? try parseFilters(afterBar: true) : []
        return .setBlock(target, filters, try parseBlock("set", line))
    }

    private mutating func parseWith(_ line: Int) throws -> JinjaStatement {
        var values: [(target: JinjaTarget, value: JinjaExpression)] = []
        while current.kind != .blockEnd {
            if !values.isEmpty { try expect(",") }
            let target = JinjaTarget.name(try expectName())
            try expect("=")
            values.append((target, try parseExpression()))
        }
        return .with(values, try parseBlock("with", line))
    }

    /// One name, or several with commas between them.
    private mutating func parseTargets(endingAt end: String?) throws -> JinjaTarget {
        var targets: [JinjaTarget] = []
        var isTuple = false
        repeat {
            if isAt("=") || current.kind == .blockEnd || (end.map { isAt(name: $0) } ?? false) { break }
            if take("(") {
                targets.append(try deeper { try $0.parseTargets(endingAt: nil) })
                try expect(")")
            } else {
                targets.append(.name(try assignableName()))
            }
            if isAt(",") { isTuple = true }
        } while take(",")
        guard let first = targets.first else { throw unexpected("a name to assign to") }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func assignableName() throws -> String {
        let reserved: Set = ["true", "false", "none", "True", "False", "None"]
        if case .name(let name) = current.kind, reserved.contains(name) {
            throw error("\"\(name)\" cannot be assigned to")
        }
        return try expectName()
    }

    // MARK: Macros

    private mutating func parseMacro(_ line: Int) throws -> JinjaStatement {
        let name = try assignableName()
        let parameters = try parseParameters()
        return .macro(try parseMacroBody(name, parameters, "macro", line))
    }

    private mutating func parseCall(_ line: Int) throws -> JinjaStatement {
        let parameters = isAt("(") ? try parseParameters() : []
        let call = try parseExpression()
        guard case .call = call else { throw error("a call block needs a call") }
        return .call(call, try parseMacroBody("caller", parameters, "call", line))
    }

    private mutating func parseParameters() throws -> [(name: String, value: JinjaExpression?)] {
        var parameters: [(name: String, value: JinjaExpression?)] = []
        try expect("(")
        while !isAt(")") {
            if !parameters.isEmpty { try expect(",") }
            let name = try assignableName()
            if take("=") {
                parameters.append((name, try parseExpression()))
            } else {
                guard parameters.last?.value == nil else {
                    throw error("a parameter without a default behind one that has one")
                }
                parameters.append((name, nil))
            }
        }
        try expect(")")
        return parameters
    }

    private mutating func parseMacroBody(
        _ name: String,
        _ parameters: [(name: String, value: JinjaExpression?)],
        _ block: String,
        _ line: Int
    ) throws -> JinjaMacroSyntax {
        let outerNames = names
        let outerLoops = loops
        names = []
        loops = 0
        let body = try parseBlock(block, line)
        let macro = JinjaMacroSyntax(name: name, parameters: parameters, body: body, names: names)
        names.formUnion(outerNames)
        loops = outerLoops
        return macro
    }
}
