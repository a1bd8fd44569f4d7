internal import MimoFiles

/// A value that a template works with: what Python would have, without its objects.
///
/// Lists and dictionaries are values: the sandbox lets nothing change them, so nobody sees a difference.
enum JinjaValue {
    /// What is not there; the text says what was looked for.
    case undefined(String)
    case none
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    /// Text that `safe` or `escape` marked as ready for HTML: other text added to it is escaped.
    case markup(String)
    case list(JinjaList)
    case tuple(JinjaList)
    case dictionary(JinjaDictionary)
    case namespace(JinjaNamespace)
    case loop(JinjaLoop)
    case callable(JinjaCallable)

    /// A value from JSON.
    init(_ json: JSON) {
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(Int(value))
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map { JinjaValue($0) })
        case .object(let members): self = .dictionary(JinjaDictionary(members))
        }
    }

    /// The text of a string, marked or not.
    var text: String? {
        switch self {
        case .string(let text), .markup(let text): text
        default: nil
        }
    }

    /// The value as a whole number, which booleans are, too.
    var integer: Int? {
        switch self {
        case .int(let value): value
        case .bool(let value): value ? 1 : 0
        default: nil
        }
    }

    /// The value as a number.
    var number: Double? {
        if case .double(let value) = self { return value }
        return integer.map(Double.init)
    }

    var isUndefined: Bool {
        if case .undefined = self { true } else { false }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// Whether the value counts as true.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let text), .markup(let text): !text.isEmpty
        case .list(let elements), .tuple(let elements): !elements.isEmpty
        case .dictionary(let members): members.count > 0
        case .namespace, .loop, .callable: true
        }
    }

    /// The name of the type, as Python's errors have it.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .int: "int"
        case .double: "float"
        case .string: "str"
        case .markup: "Markup"
        case .list: "list"
        case .tuple: "tuple"
        case .dictionary: "dict"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .callable: "function"
        }
    }
}

/// A dictionary, which keeps the order in which its keys came.
struct JinjaDictionary {
    private(set) var keys: [JinjaValue] = []
    private(set) var values: [JinjaValue] = []
    /// How large it is, at most: what was replaced still counts.
    private(set) var size = JinjaSize()
    /// The place of each key, once there are enough to make looking through them slow.
    private var index: [JinjaKey: Int] = [:]

    private static let indexThreshold = 16

    init() {}

    init(_ members: JSONObject) {
        for (key, value) in members { self[.string(key)] = JinjaValue(value) }
    }

    var count: Int { keys.count }

    /// The value of a key; keys are equal where Python says so, thus 1, 1.0 and true are one.
    subscript(key: JinjaValue) -> JinjaValue? {
        get { position(of: key).map { values[$0] } }
        set {
            guard let newValue else { return }
            size.add(key.size)
            size.add(newValue.size)
            if let position = position(of: key) {
                values[position] = newValue
                return
            }
            keys.append(key)
            values.append(newValue)
            if keys.count == Self.indexThreshold {
                for (position, key) in keys.enumerated() { index[JinjaKey(key)] = position }
            } else if keys.count > Self.indexThreshold {
                index[JinjaKey(key)] = keys.count - 1
            }
        }
    }

    private func position(of key: JinjaValue) -> Int? {
        guard keys.count < Self.indexThreshold else { return index[JinjaKey(key)] }
        return keys.firstIndex { $0.equals(key) }
    }

    /// The members, in order, as tuples.
    var items: [JinjaValue] { zip(keys, values).map { .tuple([$0, $1]) } }
}

/// A dictionary's key: hashed by bytes, as Swift's own strings are not.
private struct JinjaKey: Hashable {
    let value: JinjaValue

    init(_ value: JinjaValue) { self.value = value }

    static func == (lhs: JinjaKey, rhs: JinjaKey) -> Bool { lhs.value.equals(rhs.value) }

    func hash(into hasher: inout Hasher) {
        if let text = value.text {
            for byte in text.utf8 { hasher.combine(byte) }
        } else if let number = value.number {
            hasher.combine(number)
        } else if case .tuple(let elements) = value {
            for element in elements { JinjaKey(element).hash(into: &hasher) }
        }
    }
}

/// What `namespace(…)` makes: the one thing that a template can change.
final class JinjaNamespace {
    var attributes: JinjaDictionary

    init(_ attributes: JinjaDictionary) { self.attributes = attributes }
}

/// The variable `loop` of a running loop.
final class JinjaLoop {
    let items: [JinjaValue]
    /// The loop at hand, from 0, and the loops around it that recursion made.
    var index = 0
    let depth: Int
    /// Renders the loop's body for other items, if the loop is recursive.
    let recurse: (([JinjaValue]) throws -> JinjaValue)?
    /// What `changed` saw last.
    var lastSeen: [JinjaValue]?

    init(_ items: [JinjaValue], depth: Int, recurse: (([JinjaValue]) throws -> JinjaValue)?) {
        self.items = items
        self.depth = depth
        self.recurse = recurse
    }

    /// An attribute of the loop, by its name.
    func attribute(_ name: String) -> JinjaValue? {
        switch name {
        case "index": .int(index + 1)
        case "index0": .int(index)
        case "revindex": .int(items.count - index)
        case "revindex0": .int(items.count - index - 1)
        case "first": .bool(index == 0)
        case "last": .bool(index == items.count - 1)
        case "length": .int(items.count)
        case "depth": .int(depth + 1)
        case "depth0": .int(depth)
        case "previtem": index > 0 ? items[index - 1] : .undefined("there is no previous item")
        case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined("there is no next item")
        case "cycle", "changed":
            .callable(JinjaCallable(name) { [self] arguments in try call(name, arguments) })
        default: nil
        }
    }

    private func call(_ name: String, _ arguments: JinjaCallArguments) throws -> JinjaValue {
        if name == "cycle" {
            guard !arguments.positional.isEmpty else { throw JinjaError(.type, "no items for cycling given") }
            return arguments.positional[index % arguments.positional.count]
        }
        let isSame = lastSeen.map { JinjaValue.tuple($0).equals(.tuple(arguments.positional)) } ?? false
        lastSeen = arguments.positional
        return .bool(!isSame)
    }
}

/// Something that can be called: a macro, a method of a value, a function of the environment.
final class JinjaCallable {
    let name: String
    let body: (JinjaCallArguments) throws -> JinjaValue

    init(_ name: String, _ body: @escaping (JinjaCallArguments) throws -> JinjaValue) {
        self.name = name
        self.body = body
    }
}

/// The arguments of a call, evaluated.
struct JinjaCallArguments {
    var positional: [JinjaValue] = []
    var named: [(name: String, value: JinjaValue)] = []

    /// The arguments by parameter, nil where one is not given.
    ///
    /// - Throws: ``JinjaError`` of kind `type` where there are more, or others, than the parameters.
    func bound(to parameters: String..., of function: String) throws -> [JinjaValue?] {
        guard positional.count <= parameters.count else {
            throw JinjaError(
                .type,
                "\(function) takes at most \(parameters.count) arguments, found \(positional.count)"
            )
        }
        var bound: [JinjaValue?] =
            positional + [JinjaValue?](repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let position = parameters.firstIndex(of: name) else {
                throw JinjaError(.type, "\(function) has no parameter \"\(name)\"")
            }
            guard bound[position] == nil else {
                throw JinjaError(.type, "\(function): \"\(name)\" is given twice")
            }
            bound[position] = value
        }
        return bound
    }
}
