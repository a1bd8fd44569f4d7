public import MimoFiles
public import MimoText

/// A row to be answered: its last answer, if it has one, is set aside and compared with by whoever reads the
/// results.
public struct InferenceRow: Sendable {
    /// The row without its last answer.
    public private(set) var fields: JSONObject
    /// The answer that was set aside: the text of a message, or token ids.
    public private(set) var label: JSON = .null

    /// Sets the last answer of a row aside: a last message of the assistant's, or of a row of token ids the last
    /// stretch of them that is labelled.
    public init(_ row: JSON) {
        fields = row.objectValue ?? JSONObject()
        if let messages = fields["messages"]?.arrayValue {
            guard let last = messages.last, last["role"]?.stringValue == "assistant" else { return }
            label = last["content"] ?? .null
            fields["messages"] = .array(Array(messages.dropLast()))
        } else if let ids = fields["input_ids"]?.arrayValue, let labels = fields["labels"]?.arrayValue,
            labels.count == ids.count
        {
            let isAnswer = labels.map { $0.intValue != -100 }
            guard let end = isAnswer.lastIndex(of: true) else { return }
            // A prompt has at least one token.
            let start = max(1, (isAnswer[...end].lastIndex(of: false) ?? -1) + 1)
            guard start <= end else { return }
            label = .array(Array(ids[start...end]))
            fields["input_ids"] = .array(Array(ids[..<start]))
            fields["labels"] = nil
            fields["loss_scale"] = nil
        }
    }

    /// The row's result, in ms-swift's form: `response`, `labels`, `logprobs`, `finish_reason`, and the row with
    /// the response in its answer's place. A row of token ids gets `response_ids`; with drafts, `drafts` counts them.
    ///
    /// - Parameters:
    ///   - generation: The answer.
    ///   - tokenizer: What tells tokens' texts; without one the response's text is null.
    /// - Returns: An object.
    public func result(_ generation: Generation, tokenizer: Tokenizer?) -> JSON {
        let text: JSON = tokenizer == nil ? .null : .string(generation.text)
        var members = JSONObject([
            ("response", text),
            ("labels", label),
            ("logprobs", generation.logProbabilitiesJSON(tokenizer: tokenizer)),
            ("finish_reason", .string(generation.finishReason.rawValue)),
        ])
        if let drafts = generation.drafts {
            members["drafts"] = [
                "proposed": .int(Int64(drafts.proposed)), "accepted": .int(Int64(drafts.accepted)),
            ]
        }
        for (key, value) in fields where members[key] == nil { members[key] = value }
        if let messages = fields["messages"]?.arrayValue {
            members["messages"] = .array(messages + [["role": "assistant", "content": text]])
        } else {
            members["response_ids"] = .array(generation.ids.map { .int(Int64($0)) })
        }
        return .object(members)
    }

    /// The row's result where it could not be answered: `response` is null and `error` says why.
    public func result(_ error: any Error) -> JSON {
        var members = JSONObject([
            ("response", .null), ("labels", label), ("logprobs", .null), ("finish_reason", "error"),
            ("error", .string("\(error)")),
        ])
        for (key, value) in fields where members[key] == nil { members[key] = value }
        return .object(members)
    }
}

extension Generation {
    /// The log-probabilities as OpenAI's interface gives them: `{"content": [{"token", "logprob", "bytes",
    /// "top_logprobs"}]}`, and `token_id` beside; null where they were not asked for.
    public func logProbabilitiesJSON(tokenizer: Tokenizer?) -> JSON {
        guard let logProbabilities else { return .null }
        func members(_ id: Int32, _ logProbability: Double) -> JSONObject {
            var members = JSONObject()
            if let tokenizer {
                members["token"] = .string(tokenizer.decode([id]))
                members["logprob"] = .double(logProbability)
                members["bytes"] = .array((tokenizer.bytes(of: id) ?? []).map { .int(Int64($0)) })
            } else {
                members["logprob"] = .double(logProbability)
            }
            members["token_id"] = .int(Int64(id))
            return members
        }
        return [
            "content": .array(
                logProbabilities.map { entry in
                    var object = members(entry.id, entry.logProbability)
                    if !entry.top.isEmpty {
                        object["top_logprobs"] = .array(
                            entry.top.map { .object(members($0.id, $0.logProbability)) }
                        )
                    }
                    return .object(object)
                }
            )
        ]
    }
}
