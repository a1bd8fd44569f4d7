internal import MimoFiles

extension RoundTemplate {
    /// The conversation laid out in segments.
    public func segments(of conversation: Conversation, for purpose: Purpose) throws -> [Segment] {
        let options = options.overridden(by: conversation.thinking)
        var turns = try Turns(conversation, template: self)
        guard !turns.turns.isEmpty else { throw ChatTemplateError.noMessages }
        treatThinking(in: &turns, options: options, for: purpose)
        if turns.system != nil, !family.takesSystem {
            throw ChatTemplateError.systemUnsupported(template: name)
        }
        let system = try turns.placeTools(system: turns.system ?? self.system)
        var rounds = try turns.rounds()
        // A template for one round takes the last.
        if family.separator == nil { rounds = rounds.suffix(1) }

        var segments: [Segment] = []
        if family.writesBoundaries, !tokens.leading.isEmpty {
            segments.append(Segment(.opening, .ids(tokens.leading)))
        }
        let hasSystem = !(system ?? "").isEmpty
        let opening = hasSystem ? family.systemOpening ?? family.opening : family.opening
        segments += try opening.segments(.opening, system: system, of: self)
        for (index, round) in rounds.enumerated() {
            let next = index + 1 < rounds.count ? rounds[index + 1] : nil
            segments += try prompt(
                of: round,
                index: index,
                isLast: next == nil,
                system: hasSystem ? system : nil
            )
            segments += try answer(to: round, index: index, next: next, options: options, for: purpose)
        }
        if family.writesBoundaries, !tokens.trailing.isEmpty {
            segments.append(Segment(.suffix, .ids(tokens.trailing), round: rounds.count - 1))
        }
        // What the last prompt is counts for everything behind it.
        for position in segments.indices {
            segments[position].isInLastRound = segments[position].round == rounds.count - 1
        }
        return segments
    }

    private func treatThinking(in turns: inout Turns, options: ThinkingOptions, for purpose: Purpose) {
        let count = turns.turns.count
        let lastPrompt = turns.lastPrompt
        if options.marksNonThinking, !family.nonThinkingPrefix.isEmpty {
            let first = purpose.keepsHistory ? 0 : max(0, lastPrompt)
            turns.changeAnswers(at: first..<count) { answer in
                answer.utf8Starts(with: "<think>") || answer.utf8Starts(with: family.nonThinkingPrefix)
                    ? answer : family.nonThinkingPrefix + answer
            }
        }
        if !preservesHistory(options, for: purpose) {
            turns.changeAnswers(at: 0..<max(0, lastPrompt)) { answer in
                guard let end = answer.utf8LastRange(of: "</think>")?.upperBound else {
                    return answer.trimmedLikePython
                }
                return answer.utf8Slice(end..<answer.utf8.count).trimmedLikePython
            }
        }
    }

    private func prompt(of round: Turns.Round, index: Int, isLast: Bool, system: String?) throws -> [Segment]
    {
        let layout: Layout
        switch round.prompt {
        case .tool(let results): layout = results
        case .user(let words):
            // A template with the system prompt in the prompt writes it in the last round.
            let layoutOfUser = isLast && system != nil ? family.prompt : family.prompt.withoutSystem
            layout = layoutOfUser.filling(query: words)
        case .assistant, .other: layout = .nothing
        }
        return try layout.segments(.prompt, round: index, system: system, of: self)
    }

    private func answer(
        to round: Turns.Round,
        index: Int,
        next: Turns.Round?,
        options: ThinkingOptions,
        for purpose: Purpose
    ) throws -> [Segment] {
        guard round.isAnswered || next != nil else {
            let prefix = responsePrefix(options)
            return prefix.isEmpty ? [] : [Segment(.responsePrefix, .text(prefix), round: index)]
        }
        var query: String?
        if case .user(let words) = round.prompt { query = words.text }
        let supplied = responsePrefix(options)
        var segments = round.answers.compactMap { answer in
            answer.text.map { text in
                Segment(
                    .response,
                    .text(text),
                    round: index,
                    query: query,
                    loss: answer.loss,
                    lossScale: answer.lossScale,
                    ownWords: text.isEmpty ? [] : [0..<text.utf8.count]
                )
            }
        }
        if let text = segments.first?.text, text.utf8Starts(with: supplied) {
            segments[0].suppliedBytes = supplied.utf8.count
        }
        if let next {
            if case .tool = next.prompt { return segments }
            segments += try (family.separator ?? .nothing).segments(.separator, round: index, of: self)
        } else if let word = stopWord(ending: round.answers.last?.text ?? "") {
            // The answer brings its end itself, which is then the template's and no word of its own.
            if let last = segments.indices.last, let count = segments[last].text?.utf8.count {
                segments[last].ownWords = [0..<max(0, count - word.utf8.count)].filter { !$0.isEmpty }
            }
        } else if purpose != .generation, !family.writesBoundaries || tokens.trailing.isEmpty {
            segments += try family.suffix.segments(.suffix, round: index, of: self)
        }
        return segments
    }

    /// The stop word that an answer ends with, which no suffix follows then.
    private func stopWord(ending text: String) -> String? {
        stopWords.first { text.utf8Ends(with: $0) }
    }
}
