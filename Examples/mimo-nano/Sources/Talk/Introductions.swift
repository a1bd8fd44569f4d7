import MimoFiles

/// The rows of `Datasets/self_cognition.jsonl`, answered as MiMo-Nano or as somebody with a coined name, so that
/// the model can speak of itself in many words and a tuning need only teach it another name.
struct Introductions {
    private struct Introduction {
        let question: String
        let answer: String
    }

    private var rows: [Language: [Introduction]] = [:]

    /// None but the plainest.
    init() {
        rows = [
            .english: [Introduction(question: "Who are you?", answer: "I am {{NAME}}, made by {{AUTHOR}}.")],
            .chinese: [Introduction(question: "你是谁？", answer: "我是{{NAME}}，由{{AUTHOR}}开发。")],
        ]
    }

    /// Reads rows with `query`, `response` and `tag`.
    init(path: String) throws {
        var rows: [Language: [Introduction]] = [:]
        for row in try JSONLines.read(path) {
            guard let question = row["query"]?.stringValue, let answer = row["response"]?.stringValue,
                let language = row["tag"]?.stringValue.flatMap({ Language(rawValue: $0) })
            else { continue }
            rows[language, default: []].append(Introduction(question: question, answer: answer))
        }
        for language in Language.allCases where rows[language] == nil {
            throw FileError.damaged(path: path, reason: "no row with the tag \(language.rawValue)")
        }
        self.rows = rows
    }

    /// A row, with a system message that names the persona where it is not the model's own.
    func row(_ language: Language, _ draws: inout Draws) -> Row {
        let isCoined = draws.onceIn(2)
        let persona = isCoined ? CoinedNames.persona(language, &draws) : .own(language)
        let system = isCoined ? persona.system(language, &draws) : nil
        let introduction = draws.pick(rows[language] ?? [])
        let turn = Row.Turn(
            question: introduction.question,
            thinking: language == .english
                ? "They ask about me; I answer as who I am." : "对方问到我，我照我的身份回答。",
            answer: introduction.answer.replacing("{{NAME}}", with: persona.name)
                .replacing("{{AUTHOR}}", with: persona.maker)
        )
        return Row(kind: "introductions", language: language, system: system, turns: [turn])
    }
}
