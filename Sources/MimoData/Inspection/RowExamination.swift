internal import MimoFiles
internal import MimoText

/// Looks at one row closely.
struct RowExamination {
    private(set) var findings: [RowFinding] = []
    private let encoder: RowEncoder
    private let controlTokens: ControlTokens

    private init(encoder: RowEncoder, controlTokens: ControlTokens) {
        self.encoder = encoder
        self.controlTokens = controlTokens
    }

    /// Everything about a row that training takes or drops.
    static func check(
        _ raw: RawRow,
        standardizer: RowStandardizer,
        encoder: RowEncoder,
        controlTokens: ControlTokens
    ) -> RowCheck {
        var examination = RowExamination(encoder: encoder, controlTokens: controlTokens)
        var oddities = raw.oddities
        let value = Result { try raw.parsed(noting: &oddities) }
        examination.lookAt(oddities)
        do {
            let row = try standardizer.standardize(value.get())
            let samples = try encoder.explained(row, origin: raw.origin)
            let spelled = samples.reduce(0) { $0 + $1.spelledControlTokens }
            examination.lookAt(row, spellsControlTokens: spelled > 0)
            examination.lookAt(samples)
            return RowCheck(
                origin: raw.origin,
                defect: nil,
                findings: examination.findings,
                lengths: samples.map(\.sample.ids.count),
                countedTokens: samples.reduce(0) { $0 + $1.sample.countedTokens },
                spelledControlTokens: spelled,
                fingerprint: Fingerprint.of(row)
            )
        } catch {
            let defect = RowCheck.Defect(reason: RowReport.Reason(error), message: "\(error)")
            return RowCheck(
                origin: raw.origin,
                defect: defect,
                findings: examination.findings,
                lengths: [],
                countedTokens: 0,
                spelledControlTokens: 0,
                fingerprint: nil
            )
        }
    }

    private mutating func find(_ kind: RowFinding.Kind, _ message: String) {
        findings.append(RowFinding(kind, message))
    }

    // MARK: The place and its bytes

    private mutating func lookAt(_ oddities: Set<RawRow.Oddity>) {
        guard !oddities.isEmpty else { return }
        if oddities.contains(.byteOrderMark) {
            find(.byteOrderMark, "the file begins with a byte order mark")
        }
        if oddities.contains(.carriageReturn) { find(.carriageReturn, "the line ends with CR LF") }
        if oddities.contains(.loneSurrogate) {
            find(.loneSurrogate, "an escape \\uD800 to \\uDFFF without its other half becomes U+FFFD")
        }
        if oddities.contains(.repeatedMember) {
            find(.repeatedMember, "an object names a member twice; the last one counts")
        }
    }

    // MARK: The conversation

    private mutating func lookAt(_ row: JSON, spellsControlTokens: Bool) {
        guard let messages = row["messages"]?.arrayValue else { return }
        let isConversation = !encoder.template.isPlainText
        var roles: [String] = []
        for (index, message) in messages.enumerated() {
            let role = message["role"]?.stringValue ?? ""
            let text = message["content"]?.stringValue ?? ""
            lookAtText(text, number: index + 1, role: role, spellsControlTokens: spellsControlTokens)
            if role == "assistant" { lookAtAnswer(text, number: index + 1, isConversation: isConversation) }
            roles.append(role)
            guard isConversation else { continue }
            if role == "user", text.trimmedLikePython.isEmpty {
                find(.emptyQuery, "message \(index + 1) (user) is empty")
            }
            if let before = roles.dropLast().last, before == role, role == "user" || role == "assistant" {
                find(.sameRoleTwice, "messages \(index) and \(index + 1) are both of the role \(role)")
            }
        }
        let turns = roles.drop { $0 == "system" }
        if !isConversation, turns.count(where: { $0 == "assistant" }) > 1 {
            find(.earlierRounds, "plain text has no turns: only the last round is taken")
        }
        if isConversation, turns.first == "assistant" {
            find(.assistantFirst, "the assistant speaks first; an empty user turn is put in front")
        }
        if !turns.contains("assistant"), !turns.contains("tool_call") {
            find(.noResponse, "there is no response")
        }
        if roles.contains("tool_call"), row["tools"]?.arrayValue?.isEmpty ?? true {
            find(.callWithoutTools, "there are tool calls, but no \"tools\"")
        }
        if let call = roles.lastIndex(of: "tool_call"), call + 1 < roles.count,
            !["tool", "tool_response"].contains(roles[call + 1])
        {
            find(.unansweredCall, "message \(call + 1) (tool_call) is not followed by a result")
        }
    }

    private mutating func lookAtText(_ text: String, number: Int, role: String, spellsControlTokens: Bool) {
        // Named only where there is something to say.
        var place: String { "message \(number) (\(role))" }
        if text.utf8Contains("\0") { find(.nul, "\(place) holds a NUL character") }
        if text.utf8Contains("\r") { find(.carriageReturnInText, "\(place) holds carriage returns") }
        if text.utf8Contains("\u{fffd}") {
            find(.replacementCharacter, "\(place) holds U+FFFD: characters were lost before")
        }
        if spellsControlTokens, let token = controlTokens.first(in: text) {
            let effect =
                encoder.options.parsesSpecialInContent ? "it becomes a control token" : "it stays text"
            find(.controlToken, "\(place) spells out \(token); \(effect)")
        }
        guard text.utf8Contains("{{") else { return }
        for placeholder in ["{{NAME}}", "{{AUTHOR}}"] where text.utf8Contains(placeholder) {
            find(.placeholder, "\(place) holds \(placeholder); fill it with --model_name and --model_author")
        }
    }

    private mutating func lookAtAnswer(_ text: String, number: Int, isConversation: Bool) {
        let place = "message \(number) (assistant)"
        let trimmed = text.trimmedLikePython
        if trimmed.isEmpty {
            find(.emptyResponse, "\(place) is empty")
            return
        }
        guard isConversation else { return }
        if !trimmed.isSame(as: text) { find(.whiteSpaceAtEnds, "\(place) has white space around it") }
        lookAtThinking(text, place: place)
    }

    private mutating func lookAtThinking(_ text: String, place: String) {
        var depth = 0
        var position = 0
        var isFirst = true
        while true {
            let opening = text.utf8Range(of: "<think>", from: position)
            let closing = text.utf8Range(of: "</think>", from: position)
            switch (opening, closing) {
            case (let open?, let close) where close.map({ open.lowerBound < $0.lowerBound }) ?? true:
                if isFirst, !text.utf8Slice(0..<open.lowerBound).trimmedLikePython.isEmpty {
                    find(.textBeforeThink, "\(place) has text before <think>")
                }
                depth += 1
                if depth == 2 { find(.nestedThink, "\(place) opens <think> inside of <think>") }
                position = open.upperBound
            case (_, let close?):
                if depth == 0 {
                    find(.unopenedThink, "\(place) closes </think> without opening it")
                } else {
                    depth -= 1
                }
                position = close.upperBound
                if depth == 0, text.utf8Slice(position..<text.utf8.count).trimmedLikePython.isEmpty {
                    find(.thinkOnly, "\(place) thinks and then says nothing")
                }
            default:
                if depth > 0 { find(.unclosedThink, "\(place) does not close <think>") }
                return
            }
            isFirst = false
        }
    }

    // MARK: The samples

    private mutating func lookAt(_ samples: [ExplainedSample]) {
        if samples.allSatisfy({ $0.sample.countedTokens == 0 }) {
            find(.masked, "every label is masked, so that nothing is learned from the row")
        }
        guard let whole = samples.first?.wholeLength, let limit = encoder.options.maxLength, whole > limit
        else { return }
        if samples.count > 1 {
            find(.split, "its \(whole) tokens are split into \(samples.count) samples of at most \(limit)")
        } else {
            let end = encoder.options.truncation == .left ? "beginning" : "end"
            find(.truncated, "its \(whole) tokens are cut to \(limit); the \(end) is lost")
        }
    }
}
