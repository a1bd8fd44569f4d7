public import MimoFiles
internal import MimoText

/// Brings rows of the shapes that data sets come in into the messages format.
///
/// A row's own columns decide its shape: `messages`, `conversation` or `conversations` (also ShareGPT's and
/// Anthropic's ways of writing them), Alpaca's `instruction` and `input`, or a query and a response under one
/// of their many names.
public struct RowStandardizer: Sendable {
    /// Columns to be renamed first (`--columns`), by their names in lower case.
    public let columns: [String: String]
    /// Set where the rows are self-cognition rows.
    public var selfCognition: SelfCognition?
    /// How rows are filled in that hold `{{NAME}}` or `{{AUTHOR}}` and a language, whatever the set.
    public var selfCognitionWherePlaceholdersStand: SelfCognition?

    /// A standardizer.
    public init(columns: [String: String] = [:], selfCognition: SelfCognition? = nil) {
        self.columns = Dictionary(columns.map { ($0.key.lowercased(), $0.value) }) { first, _ in first }
        self.selfCognition = selfCognition
    }

    /// The row in the standard form: `messages` and what else is used, without nulls. Rows that are tokenized
    /// already stay as they are.
    ///
    /// - Parameter row: a JSON object.
    /// - Returns: an object with `messages`, or with `input_ids`.
    /// - Throws: ``DataError`` that says what is wrong with the row.
    public func standardize(_ row: JSON) throws -> JSON {
        guard case .object(let given) = row else {
            throw DataError.badRow("the row is \(row.kind); expected a JSON object")
        }
        if given["input_ids"] != nil { return row }
        var members = Columns.renamed(given, by: columns)
        if let selfCognition = selfCognition(for: members) {
            members = Columns.renamed(members, by: ResponseShape.columns)
            try selfCognition.fill(&members)
            try ResponseShape.standardize(&members)
        } else if MessagesShape.fits(members) {
            members = Columns.renamed(members, by: MessagesShape.columns)
            try MessagesShape.standardize(&members)
        } else {
            let isAlpaca = members["instruction"] != nil && members["input"] != nil
            members = Columns.renamed(members, by: ResponseShape.columns)
            if isAlpaca { try ResponseShape.joinInstruction(&members) }
            guard ["query", "response", "history", "system"].contains(where: { members[$0] != nil }) else {
                throw DataError.unknownShape(columns: given.keys)
            }
            try ResponseShape.standardize(&members)
        }
        try checkMessages(&members, "messages")
        try checkRejected(members)
        if let tools = members["tools"], !tools.isNull { members["tools"] = standardTools(tools) }
        return .object(Columns.used(members))
    }

    private func selfCognition(for row: JSONObject) -> SelfCognition? {
        selfCognition ?? (SelfCognition.fits(row) ? selfCognitionWherePlaceholdersStand : nil)
    }

    private func checkMessages(_ members: inout JSONObject, _ column: String) throws {
        guard let messages = members[column]?.arrayValue, !messages.isEmpty else {
            throw DataError.badRow("\"\(column)\" is empty; expected at least one turn")
        }
        members[column] = .array(
            try messages.enumerated().map { index, message in
                guard let role = message["role"]?.stringValue else {
                    throw DataError.badRow("message \(index + 1) has no \"role\"")
                }
                guard Self.roles.contains(role) else {
                    throw DataError.badRow(
                        "message \(index + 1) has the role \"\(role)\"; expected \(Self.roles.joined(separator: ", "))"
                    )
                }
                guard let content = message["content"], !content.isNull else {
                    throw DataError.badRow("message \(index + 1) (\(role)) has no \"content\"")
                }
                if let members = message.objectValue, members.keys == Self.plainMembers { return message }
                var kept = JSONObject()
                let isResult = role == "tool" || role == "tool_response"
                for key in ["role", "content", "loss", "loss_scale"] + (isResult ? ["name"] : []) {
                    if let value = message[key], !value.isNull { kept[key] = value }
                }
                return .object(kept)
            }
        )
    }

    /// The members that a message has if it has no settings of its own.
    private static let plainMembers = ["role", "content"]
    private static let roles = ["system", "user", "assistant", "tool", "tool_call", "tool_response"]

    private func checkRejected(_ members: JSONObject) throws {
        guard let rejected = members["rejected_response"] else { return }
        if rejected.isNull { throw DataError.badRow("\"rejected_response\" is null") }
        if let text = rejected.stringValue,
            let answer = members["messages"]?.arrayValue?.last?["content"]?.stringValue,
            text.isSame(as: answer)
        {
            throw DataError.badRow("\"rejected_response\" is the same as the answer")
        }
    }

    private func standardTools(_ tools: JSON) -> JSON {
        var tools = tools
        if let text = tools.stringValue, let parsed = try? JSON(parsing: text) { tools = parsed }
        return .array((tools.arrayValue ?? [tools]).map(ToolSchema.withoutPadding))
    }
}
