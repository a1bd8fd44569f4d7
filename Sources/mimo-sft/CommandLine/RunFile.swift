import MimoFiles
import Yams

/// The options of a run, read from a YAML or JSON file: `mimo-sft sft run.yaml`.
///
/// Names are spelled as on the command line, without dashes in front.
struct RunFile {
    /// The options in the order of the file.
    private(set) var settings: [ArgumentLine.Setting] = []
    /// What the user is to be told.
    private(set) var notes: [String] = []

    /// Whether a word of the command line names such a file.
    static func isNamed(_ word: String) -> Bool {
        !word.hasPrefix("-") && [".yaml", ".yml", ".json"].contains { word.hasSuffix($0) }
    }

    /// Reads a file.
    ///
    /// - Throws: `FileError` where it cannot be read, ``UsageError`` where it holds no options of this command.
    init(path: String, options: OptionTable) throws {
        let text = try Self.text(of: path)
        let root: Node?
        do {
            // JSON is YAML, and read as such its lines are known.
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw UsageError("\(path): \(Self.oneLine(error))")
        }
        guard let root, root.scalar?.string.isEmpty != true else {
            throw UsageError("\(path): the file is empty; expected a line such as: learning_rate: 1e-4")
        }
        guard let mapping = root.mapping else {
            throw UsageError("\(path): expected lines such as: learning_rate: 1e-4")
        }
        for (key, value) in mapping {
            let place = "\(path):\(key.mark?.line ?? 0): "
            let name = key.string ?? ""
            switch try options.meaning(of: name, place: place, dashes: "") {
            case .foreign(let reason): notes.append("\(place)\(name) \(reason)")
            case .known(let option):
                guard let values = try Self.values(value, of: option, place: place) else { continue }
                settings += ArgumentLine.settings(of: option, values)
            }
        }
    }

    /// The words of an option's value; nil where the file says null or lists nothing, which leaves the option alone.
    private static func values(_ node: Node, of option: DeclaredOption, place: String) throws -> [String]? {
        switch node {
        case .scalar(let scalar):
            return node.null == nil ? [scalar.string] : nil
        case .sequence(let elements) where option.shape == .list:
            return elements.isEmpty ? nil : elements.map { $0.scalar?.string ?? json($0).text() }
        case .sequence(let elements):
            throw UsageError(
                "\(place)\(option.fieldName) has \(elements.count) values; expected one"
            )
        case .mapping:
            return [json(node).text()]
        case .alias:
            throw UsageError("\(place)\(option.fieldName) is an alias of YAML; expected its value")
        }
    }

    private static func json(_ node: Node) -> JSON {
        switch node {
        case .scalar(let scalar):
            node.null != nil
                ? .null
                : node.bool.map { .bool($0) } ?? node.int.map { .int(Int64($0)) }
                    ?? node.float.map { .double($0) } ?? .string(scalar.string)
        case .sequence(let elements): .array(elements.map(json))
        case .mapping(let members): .object(JSONObject(members.map { ($0.key.string ?? "", json($0.value)) }))
        case .alias: .null
        }
    }

    private static func text(of path: String) throws -> String {
        let reader = try LineReader(path: path, limit: 1 << 20)
        var lines: [String] = []
        while let line = try reader.next() {
            guard let text = String(validating: line.bytes, as: UTF8.self) else {
                throw UsageError("\(path):\(line.number): not UTF-8")
            }
            lines.append(text)
        }
        return lines.joined(separator: "\n")
    }

    private static func oneLine(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let keys, _):
            "names \(keys.joined(separator: ", ")) twice"
        default: "not valid YAML"
        }
    }
}
