internal import MimoFiles

/// A checkpoint's own `chat_template`, for generation and for training.
///
/// Where the template marks the assistant's part with `{% generation %}` that is learned. Else the part is
/// found by rendering: what the text has more than the prompt from which the answer would be generated. Both
/// must agree with the text of the whole conversation, or the row is refused.
public struct JinjaChatTemplate: ChatTemplate {
    /// The template's name, for messages.
    public let name: String
    private let template: JinjaTemplate
    /// The system prompt of conversations that have none; nil leaves it to the template.
    private let system: String?
    private let options: ThinkingOptions
    private let tokens: JSONObject
    private let controlTokens: [String]
    /// Texts at which a generated answer ends.
    public let stopWords: [String]

    /// Whether answers may come with or without thinking: not known of a checkpoint's own template.
    public var isHybridThinking: Bool { false }

    /// Reads a template.
    ///
    /// - Parameters:
    ///   - source: the Jinja text.
    ///   - name: what messages call it.
    ///   - tokenizer: whose control tokens the template writes.
    ///   - system: the system prompt of conversations that have none; nil leaves it to the template.
    ///   - options: how thinking is treated; templates know it as `enable_thinking`.
    /// - Throws: ``JinjaError`` where the template cannot be read.
    public init(
        _ source: String,
        name: String,
        tokenizer: Tokenizer,
        system: String? = nil,
        options: ThinkingOptions = ThinkingOptions()
    ) throws {
        template = try JinjaTemplate(source)
        self.name = name
        self.system = system
        self.options = options
        var tokens = JSONObject()
        for (role, token) in [
            ("bos_token", tokenizer.bosToken), ("eos_token", tokenizer.eosToken), ("pad_token", tokenizer.padToken),
        ] {
            if let token { tokens[role] = .string(token) }
        }
        self.tokens = tokens
        controlTokens = (0..<Int32(tokenizer.vocabularySize)).filter(tokenizer.isSpecial).compactMap { id in
            tokenizer.bytes(of: id).map { String(decoding: $0, as: UTF8.self) }
        }
        stopWords = [tokenizer.eosToken].compactMap { $0 }
    }

    /// Nothing: the text of an answer holds its end already.
    public func turnEnd() throws -> [Segment.Content] { [] }

    /// Nothing that would not show in the prompt's rendering.
    public func suppliedPrefix(of conversation: Conversation) -> String { "" }

    /// The conversation laid out in prompts and answers.
    public func segments(of conversation: Conversation, for purpose: Purpose) throws -> [Segment] {
        var conversation = conversation
        if let system, !system.isEmpty, conversation.messages.first?.role != .system {
            conversation.messages.insert(Message(.system, system), at: 0)
        }
        guard conversation.messages.contains(where: { $0.role != .system }) else { throw ChatTemplateError.noMessages }
        if conversation.messages.last?.content == nil { conversation.messages.removeLast() }
        let isOpen = conversation.messages.last.map { $0.role != .assistant && $0.role != .toolCall } ?? true
        let whole = try render(conversation, opensAnswer: isOpen)
        let answers = purpose == .generation ? [] : try answers(in: whole, conversation, lastOnly: purpose.isLastOnly)
        return try segments(of: whole, answers: answers, forged: forgedPlaces(in: whole, conversation, opensAnswer: isOpen))
    }

    // MARK: Rendering

    private func render(_ conversation: Conversation, opensAnswer: Bool) throws -> String {
        try template.render(context(conversation, opensAnswer: opensAnswer))
    }

    private func context(_ conversation: Conversation, opensAnswer: Bool) throws -> JSONObject {
        var context = tokens
        context["messages"] = .array(try Self.messages(conversation.messages))
        context["add_generation_prompt"] = .bool(opensAnswer)
        if !conversation.tools.isEmpty { context["tools"] = .array(conversation.tools) }
        let options = options.overridden(by: conversation.thinking)
        if let thinks = options.isEnabled { context["enable_thinking"] = .bool(thinks) }
        if let preserves = options.preservesHistory { context["preserve_thinking"] = .bool(preserves) }
        return context
    }

    /// The messages in OpenAI's form, calls as members of the assistant's message.
    private static func messages(_ messages: [Message]) throws -> [JSON] {
        var out: [JSONObject] = []
        for message in messages {
            guard message.role == .toolCall else {
                out.append(JSONObject([("role", .string(message.role.rawValue)), ("content", .string(message.content ?? ""))]))
                continue
            }
            let function = try ToolCall(message.content ?? "").json()
            let call = JSON.object(JSONObject([("type", "function"), ("function", function)]))
            if var last = out.last, last["role"]?.stringValue == "assistant" {
                last["tool_calls"] = .array((last["tool_calls"]?.arrayValue ?? []) + [call])
                out[out.count - 1] = last
            } else {
                out.append(JSONObject([("role", "assistant"), ("content", ""), ("tool_calls", .array([call]))]))
            }
        }
        return out.map(JSON.object)
    }

    // MARK: What is learned

    /// An answer in the text of the whole conversation.
    private struct Answer {
        var range: Range<Int>
        /// The messages that make it up.
        var messages: Range<Int>
        var query: String?
        var loss: Bool?
        var lossScale: Double?
    }

    private func answers(in whole: String, _ conversation: Conversation, lastOnly: Bool) throws -> [Answer] {
        var answers: [Answer] = []
        var query: String?
        var index = 0
        let messages = conversation.messages
        while index < messages.count {
            let isAnswer = messages[index].role == .assistant || messages[index].role == .toolCall
            guard isAnswer else {
                if messages[index].role == .user { query = messages[index].content }
                index += 1
                continue
            }
            let end = messages[index...].firstIndex { $0.role != .assistant && $0.role != .toolCall } ?? messages.count
            let run = messages[index..<end]
            answers.append(
                Answer(
                    range: 0..<0,
                    messages: index..<end,
                    query: query,
                    loss: run.compactMap(\.loss).first,
                    lossScale: run.compactMap(\.lossScale).first
                )
            )
            index = end
        }
        return template.marksGeneration
            ? try placedByMarks(answers, conversation)
            : try placedByPrompts(answers, in: whole, conversation, lastOnly: lastOnly)
    }

    /// The template says itself what the assistant's part is.
    private func placedByMarks(_ answers: [Answer], _ conversation: Conversation) throws -> [Answer] {
        let isOpen = conversation.messages.last.map { $0.role != .assistant && $0.role != .toolCall } ?? true
        let rendering = try template.renderMarkingGeneration(context(conversation, opensAnswer: isOpen))
        var ranges = rendering.generation.filter { !$0.isEmpty }
        // Neighbouring messages of one answer may be marked one by one, with nothing between them.
        if ranges.count != answers.count {
            ranges = ranges.reduce(into: []) { joined, range in
                if let last = joined.last, last.upperBound == range.lowerBound {
                    joined[joined.count - 1] = last.lowerBound..<range.upperBound
                } else {
                    joined.append(range)
                }
            }
        }
        guard ranges.count == answers.count else {
            throw ChatTemplateError.untrainable(
                template: name,
                reason: "it marks \(ranges.count) answers where the row has \(answers.count)"
            )
        }
        return zip(answers, ranges).map { answer, range in
            var placed = answer
            placed.range = range
            return placed
        }
    }

    /// An answer is what the text has more than the prompt it would be generated from.
    private func placedByPrompts(
        _ answers: [Answer],
        in whole: String,
        _ conversation: Conversation,
        lastOnly: Bool
    ) throws -> [Answer] {
        try answers.enumerated().compactMap { index, answer in
            let isLast = index == answers.count - 1
            if lastOnly, !isLast { return nil }
            let before = part(of: conversation, ..<answer.messages.lowerBound)
            let start = before.messages.contains { $0.role != .system }
                ? promptEnd(of: try render(before, opensAnswer: true), in: whole) : nil
            let isEnd = answer.messages.upperBound == conversation.messages.count
            let through = isEnd ? whole : try render(part(of: conversation, ..<answer.messages.upperBound), opensAnswer: false)
            guard let start, whole.utf8Starts(with: through), through.utf8.count >= start else {
                throw ChatTemplateError.untrainable(
                    template: name,
                    reason: "it writes answer \(index + 1) of \(answers.count) differently once the conversation goes on; "
                        + "use --loss_scale last_round, or a built-in --template"
                )
            }
            var placed = answer
            placed.range = start..<through.utf8.count
            return placed
        }
    }

    private func part(of conversation: Conversation, _ range: PartialRangeUpTo<Int>) -> Conversation {
        Conversation(Array(conversation.messages[range]), tools: conversation.tools, thinking: conversation.thinking)
    }

    /// Where the prompt ends in the text. What it supplies of the thinking need not be there: an answer
    /// without thinking does not have it.
    private func promptEnd(of prompt: String, in whole: String) -> Int? {
        if whole.utf8Starts(with: prompt) { return prompt.utf8.count }
        for supplied in ["<think>\n\n</think>\n\n", "<think>\n", "<think>"] where prompt.utf8Ends(with: supplied) {
            let end = prompt.utf8.count - supplied.utf8.count
            if whole.utf8Starts(with: prompt.utf8Slice(0..<end)) { return end }
        }
        return nil
    }

    // MARK: Segments

    private func segments(of whole: String, answers: [Answer], forged: [Range<Int>]) throws -> [Segment] {
        var segments: [Segment] = []
        var position = 0
        let append = { (kind: Segment.Kind, range: Range<Int>, round: Int, answer: Answer?) in
            guard !range.isEmpty else { return }
            segments.append(
                Segment(
                    kind,
                    .text(whole.utf8Slice(range)),
                    round: round,
                    isInLastRound: round == max(0, answers.count - 1),
                    query: answer?.query,
                    loss: answer?.loss,
                    lossScale: answer?.lossScale,
                    ownWords: forged.compactMap { words in
                        let common = words.clamped(to: range)
                        return common.isEmpty
                            ? nil : common.lowerBound - range.lowerBound..<common.upperBound - range.lowerBound
                    }
                )
            )
        }
        for (round, answer) in answers.enumerated() {
            guard answer.range.lowerBound >= position else {
                throw ChatTemplateError.untrainable(template: name, reason: "its answers overlap")
            }
            append(.prompt, position..<answer.range.lowerBound, round, nil)
            append(.response, answer.range, round, answer)
            position = answer.range.upperBound
        }
        append(.prompt, position..<whole.utf8.count, answers.count, nil)
        return segments
    }

    /// Where control tokens stand that the row's own words spell out: rendering with other words of the same
    /// length in their place shows them.
    private func forgedPlaces(in whole: String, _ conversation: Conversation, opensAnswer: Bool) throws -> [Range<Int>] {
        var changed = conversation
        var isChanged = false
        for index in changed.messages.indices {
            guard let content = changed.messages[index].content else { continue }
            for token in controlTokens where content.utf8Contains(token) {
                let stand = String(repeating: "x", count: token.utf8.count)
                changed.messages[index].content = (changed.messages[index].content ?? "").utf8Replacing(token, with: stand)
                isChanged = true
            }
        }
        guard isChanged else { return [] }
        let other = try render(changed, opensAnswer: opensAnswer)
        guard other.utf8.count == whole.utf8.count else {
            throw ChatTemplateError.untrainable(
                template: name,
                reason: "the row spells out control tokens, and the template writes it differently for them"
            )
        }
        var places: [Range<Int>] = []
        for (offset, pair) in zip(whole.utf8, other.utf8).enumerated() where pair.0 != pair.1 {
            if let last = places.last, last.upperBound == offset {
                places[places.count - 1] = last.lowerBound..<(offset + 1)
            } else {
                places.append(offset..<(offset + 1))
            }
        }
        return places
    }
}

extension Purpose {
    /// Whether only the last answer is to be learned.
    fileprivate var isLastOnly: Bool { self == .training(lastRoundOnly: true) }
}
