package import MimoFiles

/// The schemas of tools, as rows and templates have them.
package enum ToolSchema {
    /// A row's `tools`: a list, one tool, or a text that holds either; empty where there are none.
    ///
    /// - Throws: ``ChatTemplateError/badTool(_:)`` where one is no object.
    package static func list(_ value: JSON?) throws -> [JSON] {
        guard let value, value.isTruthy else { return [] }
        let tools: [JSON]
        switch value {
        case .string(let text):
            guard let parsed = ToolCall.value(in: text) else {
                throw ChatTemplateError.badTool("it is not JSON: \(text.prefix(80))")
            }
            tools = parsed.arrayValue ?? [parsed]
        case .array(let elements):
            tools = try elements.map { element in
                guard let text = element.stringValue else { return element }
                guard let parsed = ToolCall.value(in: text) else {
                    throw ChatTemplateError.badTool("it is not JSON: \(text.prefix(80))")
                }
                return parsed
            }
        case .object: tools = [value]
        default: throw ChatTemplateError.badTool("expected objects, found \(value.kind)")
        }
        return try tools.map { try wrapped(withoutPadding($0)) }
    }

    /// The schema in OpenAI's wrapping.
    private static func wrapped(_ tool: JSON) throws -> JSON {
        guard case .object = tool else {
            throw ChatTemplateError.badTool("expected an object, found \(tool.kind)")
        }
        if tool["type"] != nil || tool["function"] != nil { return tool }
        return .object(JSONObject([("type", "function"), ("function", tool)]))
    }

    /// The schema without the nulls that column stores put in for members of other rows.
    ///
    /// A null says something as a `default` or `const`, within `enum` or `examples`, and under `x-` names.
    package static func withoutPadding(_ schema: JSON) -> JSON {
        switch schema {
        case .array(let elements): return .array(elements.map(withoutPadding))
        case .object(let members):
            var cleaned = JSONObject()
            for (key, value) in members {
                if key == "default" || key == "const" || key.utf8Starts(with: "x-") {
                    cleaned[key] = value
                } else if value.isNull {
                    continue
                } else if key == "enum" || key == "examples" {
                    cleaned[key] = value
                } else if namesToSchemas.contains(key), case .object(let schemas) = value {
                    var kept = JSONObject()
                    for (name, item) in schemas where !item.isNull { kept[name] = withoutPadding(item) }
                    cleaned[key] = .object(kept)
                } else {
                    cleaned[key] = withoutPadding(value)
                }
            }
            return .object(cleaned)
        default: return schema
        }
    }

    private static let namesToSchemas: Set<String> = [
        "properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies",
    ]
}

/// What the formats that describe tools in prose need of a schema.
struct ToolDescription {
    let name: String
    let humanName: String
    let description: String
    let parameters: String

    /// - Throws: ``ChatTemplateError/badTool(_:)`` where name or description is missing.
    init(_ tool: JSON) throws {
        let schema = tool["type"] != nil ? tool["function"] ?? tool : tool
        guard
            let name = [schema["name_for_model"], schema["name"]].compactMap({ $0?.stringValue }).first(
                where: { !$0.isEmpty })
        else { throw ChatTemplateError.badTool("it has no name") }
        guard
            let description =
                (schema["description"]?.stringValue ?? schema["description_for_model"]?.stringValue)
        else { throw ChatTemplateError.badTool("\(name) has no description") }
        self.name = name
        self.description = description
        humanName = schema["name_for_human"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 } ?? name
        let given = schema["parameters"] ?? .null
        parameters = given.isTruthy ? given.stringValue ?? given.text() : "{}"
    }
}
