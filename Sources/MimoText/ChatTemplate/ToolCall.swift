internal import MimoFiles

/// A call of a tool, as rows give it: JSON, or a text that holds JSON or a Python literal.
struct ToolCall {
    let name: JSON
    let arguments: JSON

    /// Reads `{"name": …, "arguments": …}`; `parameters` serves where there are no arguments, and arguments
    /// may be a text that holds them.
    ///
    /// - Throws: ``ChatTemplateError/badToolCall(_:)``.
    init(_ text: String) throws {
        guard let call = Self.value(in: text), case .object = call else {
            throw ChatTemplateError.badToolCall(
                "expected an object with \"name\" and \"arguments\", found \(text.prefix(80))"
            )
        }
        guard let name = call["name"] else { throw ChatTemplateError.badToolCall("it has no \"name\"") }
        var arguments = call["arguments"] ?? .null
        if arguments.isNull { arguments = call["parameters"] ?? .null }
        if let text = arguments.stringValue { arguments = Self.value(in: text) ?? .null }
        if arguments.isNull {
            throw ChatTemplateError.badToolCall("it has no \"arguments\" that could be read")
        }
        self.name = name
        self.arguments = arguments
    }

    /// The value that a text holds as JSON or as a Python literal, or nil.
    static func value(in text: String) -> JSON? {
        (try? JSON(parsing: text)) ?? (try? PythonLiteral.parse(text))
    }

    /// The call as one object.
    func json(argumentsKey: String = "arguments") -> JSON {
        .object(JSONObject([("name", name), (argumentsKey, arguments)]))
    }
}
