/// An expression of a template.
indirect enum JinjaExpression: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case float(Double)
    case string(String)
    case name(String)
    case list([JinjaExpression])
    case tuple([JinjaExpression])
    case dictionary([(key: JinjaExpression, value: JinjaExpression)])
    /// `a.b`
    case attribute(JinjaExpression, String)
    /// `a[b]`
    case element(JinjaExpression, JinjaExpression)
    /// `a[b:c:d]`
    case slice(JinjaExpression, start: JinjaExpression?, stop: JinjaExpression?, step: JinjaExpression?)
    case call(JinjaExpression, JinjaArguments)
    case filter(JinjaExpression, JinjaFilterUse)
    /// `a is b`, with the test's name and arguments
    case test(JinjaExpression, JinjaFilterUse)
    case not(JinjaExpression)
    case negative(JinjaExpression)
    case positive(JinjaExpression)
    case and(JinjaExpression, JinjaExpression)
    case or(JinjaExpression, JinjaExpression)
    case arithmetic(JinjaOperator, JinjaExpression, JinjaExpression)
    /// `a < b <= c …`: each with its left neighbour
    case comparison(JinjaExpression, [(comparison: JinjaComparison, right: JinjaExpression)])
    /// `a ~ b ~ c`
    case concatenation([JinjaExpression])
    /// `a if b else c`
    case conditional(JinjaExpression, condition: JinjaExpression, otherwise: JinjaExpression?)
}

/// An operator between numbers, and between some texts and lists.
enum JinjaOperator: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

/// An operator that gives true or false.
enum JinjaComparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
}

/// The arguments of a call, a filter or a test.
struct JinjaArguments: Sendable {
    var positional: [JinjaExpression] = []
    var named: [(name: String, value: JinjaExpression)] = []
    /// `*a`
    var spreadList: JinjaExpression?
    /// `**a`
    var spreadDictionary: JinjaExpression?
}

/// A filter or test by name, with its arguments.
struct JinjaFilterUse: Sendable {
    let name: String
    var arguments = JinjaArguments()
}

/// A statement, and the line that it begins on.
struct JinjaNode: Sendable {
    let line: Int
    let statement: JinjaStatement
}

/// A statement of a template.
indirect enum JinjaStatement: Sendable {
    /// Text as it stands
    case text(String)
    /// `{{ a }}`
    case output(JinjaExpression)
    case condition([(test: JinjaExpression, body: [JinjaNode])], otherwise: [JinjaNode])
    case loop(JinjaLoopSyntax)
    case set(JinjaTarget, JinjaExpression)
    /// `{% set a | upper %}…{% endset %}`
    case setBlock(JinjaTarget, [JinjaFilterUse], [JinjaNode])
    case macro(JinjaMacroSyntax)
    /// `{% call(a) b(c) %}…{% endcall %}`: the body becomes the macro `caller`
    case call(JinjaExpression, JinjaMacroSyntax)
    case filterBlock([JinjaFilterUse], [JinjaNode])
    case with([(target: JinjaTarget, value: JinjaExpression)], [JinjaNode])
    /// `{% generation %}…{% endgeneration %}`: transformers' mark of what the assistant says
    case generation([JinjaNode])
    case breakLoop
    case continueLoop
}

/// What an assignment assigns to.
indirect enum JinjaTarget: Sendable {
    case name(String)
    /// `namespace.attribute`
    case attribute(String, String)
    case tuple([JinjaTarget])
}

/// `{% for a in b if c recursive %}…{% else %}…{% endfor %}`
struct JinjaLoopSyntax: Sendable {
    let target: JinjaTarget
    let items: JinjaExpression
    let condition: JinjaExpression?
    let isRecursive: Bool
    let body: [JinjaNode]
    let otherwise: [JinjaNode]
}

/// `{% macro a(b, c=d) %}…{% endmacro %}`
struct JinjaMacroSyntax: Sendable {
    let name: String
    let parameters: [(name: String, value: JinjaExpression?)]
    let body: [JinjaNode]
    /// The names used in the body: `varargs`, `kwargs` and `caller` among them make room for such arguments.
    let names: Set<String>
}
