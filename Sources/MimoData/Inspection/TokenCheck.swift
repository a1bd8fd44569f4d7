internal import MimoFiles
public import MimoText

/// Checks that the tokens of training are those of inference: what an answer is generated from, and how a
/// model would write the answer.
public struct TokenCheck: Sendable {
    /// A place where the two differ.
    public struct Mismatch: Sendable, Equatable, CustomStringConvertible {
        /// What differs.
        public enum Kind: String, Sendable, Codable {
            /// The prompt: the model learns behind tokens that it will not meet.
            case prompt
            /// The answer: the model learns tokens that it would not write for the same text.
            case answer
        }

        /// What differs.
        public let kind: Kind
        /// The answer concerned, from 1.
        public let answer: Int
        /// The first token that differs, counted from the row's beginning.
        public let position: Int
        /// The text of some tokens from there on, as trained.
        public let trained: [String]
        /// The text of some tokens from there on, as inference has them.
        public let inferred: [String]

        /// The mismatch in one line.
        public var description: String {
            let list = { (tokens: [String]) in
                tokens.map { Visible.text($0).debugDescription }.joined(separator: " ")
            }
            return
                "the \(kind.rawValue) \(kind == .prompt ? "of answer " : "")\(answer) differs from token \(position) on: "
                + "trained on \(list(trained)), inference has \(list(inferred))"
        }
    }

    private let encoder: RowEncoder

    /// A check of what an encoder makes.
    public init(_ encoder: RowEncoder) {
        self.encoder = encoder
    }

    /// The places of a conversation where training and inference differ, at most one for each answer's prompt
    /// and text.
    ///
    /// - Parameter conversation: a conversation with answers.
    /// - Returns: nothing where all is well.
    /// - Throws: ``ChatTemplateError`` where the conversation does not fit the template.
    public func mismatches(in conversation: Conversation) throws -> [Mismatch] {
        let trained = try encoder.weighedTokens(of: conversation)
        let prompts = try prompts(of: conversation, trained: trained.ids)
        var found: [Mismatch] = []
        for (index, prompt) in prompts.enumerated() {
            let end = index + 1 < prompts.count ? prompts[index + 1].ids.count : trained.ids.count
            guard trained.ids.starts(with: prompt.ids), end >= prompt.ids.count, end <= trained.ids.count
            else {
                found.append(mismatch(.prompt, prompt.answer, at: 0, trained.ids, prompt.ids))
                continue
            }
            let own = Array(trained.ids[prompt.ids.count..<end])
            // What nothing is learned of may be cut anyhow.
            guard trained.labels[prompt.ids.count..<end].contains(where: { $0 != Sample.ignored }) else {
                continue
            }
            let text = encoder.tokenizer.decode(own)
            let ways = [true, false].map { encoder.tokenizer.encode(text, parsingSpecial: $0) }
            let isSame = ways.contains(own) || own == encoder.tokenizerPieces(of: own).flatMap { $0 }
            if !isSame, !losesBytes(of: conversation) {
                found.append(mismatch(.answer, prompt.answer, at: prompt.ids.count, own, ways[0]))
            }
        }
        return found
    }

    /// Whether the tokenizer drops bytes of the conversation that it has no token for: then its tokens do not say
    /// where they were cut.
    private func losesBytes(of conversation: Conversation) -> Bool {
        let tokenizer = encoder.tokenizer
        guard !tokenizer.keepsBytes else { return false }
        return conversation.messages.contains { message in
            let text = message.content ?? ""
            let back = tokenizer.decode(tokenizer.encode(text, parsingSpecial: false))
            return !back.isSame(as: tokenizer.normalized(text))
        }
    }

    private struct Prompt {
        let answer: Int
        let ids: [Int32]
    }

    /// The prompt of each answer; of the ways to ask for one, with or without thinking, the one that fits.
    private func prompts(of conversation: Conversation, trained: [Int32]) throws -> [Prompt] {
        var prompts: [Prompt] = []
        var wasAnswer = false
        var answers = 0
        for (index, message) in conversation.messages.enumerated() {
            let isAnswer = message.role == .assistant || message.role == .toolCall
            defer { wasAnswer = isAnswer }
            guard isAnswer, !wasAnswer else { continue }
            answers += 1
            let history = Array(conversation.messages[..<index])
            guard history.contains(where: { $0.role != .system }) else { continue }
            var candidates: [[Int32]] = []
            for isEnabled in [conversation.thinking.isEnabled, true, false] {
                var thinking = conversation.thinking
                thinking.isEnabled = isEnabled
                candidates.append(
                    try encoder.prompt(
                        for: Conversation(history, tools: conversation.tools, thinking: thinking)
                    )
                )
            }
            let fitting = candidates.filter { trained.starts(with: $0) }.max { $0.count < $1.count }
            prompts.append(Prompt(answer: answers, ids: fitting ?? candidates[0]))
        }
        return prompts
    }

    private func mismatch(
        _ kind: Mismatch.Kind,
        _ answer: Int,
        at start: Int,
        _ trained: [Int32],
        _ inferred: [Int32]
    ) -> Mismatch {
        let same = zip(trained, inferred).prefix { $0 == $1 }.count
        let texts = { (ids: [Int32]) in
            ids[min(same, ids.count)...].prefix(4).map { encoder.tokenizer.decode([$0]) }
        }
        return Mismatch(
            kind: kind,
            answer: answer,
            position: start + same,
            trained: texts(trained),
            inferred: texts(inferred)
        )
    }
}

extension RowEncoder {
    /// The tokens tokenized again between control tokens, which stay: the way of a text in which the row's own
    /// words spell out some.
    fileprivate func tokenizerPieces(of ids: [Int32]) -> [[Int32]] {
        ids.split(maxSplits: .max, omittingEmptySubsequences: false) { tokenizer.isSpecial($0) }
            .map { tokenizer.encode(tokenizer.decode($0), parsingSpecial: false) }
            .enumerated().map { index, piece in
                let control = ids.lazy.filter { tokenizer.isSpecial($0) }.dropFirst(index).first
                return piece + (control.map { [$0] } ?? [])
            }
    }

    /// What speaks against the loss scale with this template, in words; empty where nothing does.
    public var warnings: [String] {
        let supplied = template.suppliedPrefix(of: Conversation([Message(.user, "")]))
        let names = lossScale.strategies.map(\.name)
        let opensThinking = supplied.utf8Contains("<think>") && !supplied.utf8Contains("</think>")
        var warnings: [String] = []
        if opensThinking, names.contains(IgnoreEmptyThink().name) {
            warnings.append(
                "the template \(template.name) begins answers with \(supplied.debugDescription), and ignore_empty_think "
                    + "leaves out the </think> of empty thinking too: the model does not learn to end its thinking; "
                    + "leave ignore_empty_think out"
            )
        }
        if !supplied.utf8Starts(with: "<think>"), names.contains(IgnoreThinkPrefix().name) {
            warnings.append(
                "ignore_think_prefix leaves out <think>, but the template \(template.name) does not supply it: "
                    + "the model does not learn to begin its thinking"
            )
        }
        if options.tokenization == .segments, !supplied.isEmpty {
            warnings.append(
                "the template \(template.name) begins answers with \(supplied.debugDescription), which "
                    + "--tokenization segments learns like the rest unless the loss scale leaves it out"
            )
        }
        return warnings
    }
}
