import MimoData
import MimoFiles
import MimoText

/// A question whose answer shows whether the model still thinks.
struct RetentionPrompt: Sendable {
    /// What is asked.
    let conversation: Conversation
    /// The last question, for people to read.
    let question: String
    /// The answer as the row gives it; nil where it gives none.
    let answer: String?

    /// Reads a file of rows with `messages` or `query`, and maybe `answer`, a JSON object a line. A last message
    /// of the assistant's is left out.
    ///
    /// - Throws: ``MimoData/DataError`` with the line of a row that cannot be used.
    static func read(_ path: String) throws -> [RetentionPrompt] {
        let reader = try LineReader(path: path)
        var prompts: [RetentionPrompt] = []
        while let line = try reader.next() {
            guard line.bytes.contains(where: { $0 > 0x20 }) else { continue }
            do {
                prompts.append(try RetentionPrompt(JSON(parsing: line.bytes)))
            } catch {
                throw DataError.badOption("retention_prompts", reason: "\(path):\(line.number): \(error)")
            }
        }
        guard !prompts.isEmpty else {
            throw DataError.badOption("retention_prompts", reason: "\(path) has no rows")
        }
        return prompts
    }

    private init(_ row: JSON) throws {
        guard var members = row.objectValue else {
            throw DataError.badRow("the row is \(row.kind); expected a JSON object")
        }
        let given = members["answer"]
        // In other rows "answer" is another name of the response: here it is what is compared with.
        members["answer"] = nil
        answer = given.flatMap { $0.isNull ? nil : $0.stringValue ?? $0.text() }
        var fields = try RowStandardizer().standardize(.object(members)).objectValue ?? JSONObject()
        var messages = fields["messages"]?.arrayValue ?? []
        if messages.last?["role"]?.stringValue == "assistant" { messages.removeLast() }
        guard let last = messages.last else { throw DataError.badRow("nothing is asked") }
        fields["messages"] = .array(messages)
        conversation = try Conversation(row: .object(fields))
        question = last["content"]?.stringValue ?? ""
    }
}
