/// Makes row after row; each depends on the seed and its number alone.
struct RowGenerator {
    var seed: UInt64
    /// Whether the rows ask what is kept out of training.
    var isHeldOut = false
    /// What the rows are about.
    var topics: [Topic] = [.problems, .identity, .talk, .facts]
    /// Whether every fourth row is a conversation that goes from one thing to another.
    var wanders = false
    /// Whether all questions about the model are thought about in one sentence, which has no word of the answers
    /// in it: so that an answer that a tuning changes does not change the thinking with it.
    var thinksAlikeOfItself = false
    /// What rows of the topic of introductions are made of.
    var introductions = Introductions()

    /// What a row may be about.
    enum Topic: String, CaseIterable {
        case problems
        case identity
        case talk
        case facts
        case introductions
        case echo

        /// How often a row is about it, beside the others.
        var share: Int {
            switch self {
            case .problems: 80
            case .identity: 8
            case .talk: 7
            case .facts: 5
            case .introductions: 15
            case .echo: 6
            }
        }
    }

    /// The row of this number.
    func row(_ number: Int) -> Row {
        var draws = Draws(seed: seed, row: number)
        let language: Language = draws.onceIn(2) ? .english : .chinese
        var row = main(topic(&draws), language, &draws)
        // An exchange before it, now and then.
        if !isHeldOut, draws.onceIn(12) {
            let first = draws.pick(EverydayTalk.exchanges(language)).turn(&draws)
            row.turns.insert(first, at: 0)
        }
        if wanders, draws.onceIn(4) {
            for _ in 1...draws.number(1...2) {
                let others = another(than: row, &draws)
                row.turns.insert(contentsOf: others, at: draws.onceIn(2) ? 0 : row.turns.count)
            }
        }
        if row.system == nil, !isHeldOut, draws.onceIn(20) {
            row.system = draws.pick(Self.systems(language))
        }
        return row
    }

    /// Turns about something else that go with a row: nobody is two persons in one conversation.
    private func another(than row: Row, _ draws: inout Draws) -> [Row.Turn] {
        while true {
            let topic = topic(&draws)
            if row.system != nil, topic == .identity || topic == .introductions { continue }
            let other = main(topic, row.language, &draws)
            if other.system == nil { return other.turns }
        }
    }

    private func topic(_ draws: inout Draws) -> Topic {
        var place = draws.number(1...topics.reduce(0) { $0 + $1.share })
        return topics.first { topic in
            place -= topic.share
            return place <= 0
        } ?? .problems
    }

    private func main(_ topic: Topic, _ language: Language, _ draws: inout Draws) -> Row {
        switch topic {
        case .problems:
            let kind = draws.pick(ProblemKind.allCases)
            let exercise = kind.exercise(language, isHeldOut: isHeldOut, &draws)
            let turn = Row.Turn(
                question: exercise.question,
                thinking: exercise.problem.steps.joined(separator: "\n"),
                answer: exercise.answer
            )
            return Row(
                kind: kind.rawValue,
                language: language,
                turns: [turn],
                result: exercise.problem.result
            )
        case .identity:
            let isInvented = !isHeldOut && draws.onceIn(2)
            let persona = isInvented ? Persona.invented(language, &draws) : .own(language)
            var turn = Identity.turn(persona, language, isHeldOut: isHeldOut, &draws)
            if thinksAlikeOfItself { turn.thinking = Identity.thought(language) }
            return Row(
                kind: topic.rawValue,
                language: language,
                system: isInvented ? persona.system(language, &draws) : nil,
                turns: [turn]
            )
        case .talk:
            let turn = draws.pick(EverydayTalk.exchanges(language)).turn(&draws)
            return Row(kind: topic.rawValue, language: language, turns: [turn])
        case .facts:
            return Row(kind: topic.rawValue, language: language, turns: [Facts.turn(language, &draws)])
        case .introductions:
            var row = introductions.row(language, &draws)
            if thinksAlikeOfItself {
                for place in row.turns.indices { row.turns[place].thinking = Identity.thought(language) }
            }
            return row
        case .echo:
            return Row(kind: topic.rawValue, language: language, turns: [Echo.turn(language, &draws)])
        }
    }

    private static func systems(_ language: Language) -> [String] {
        switch language {
        case .english:
            [
                "You are a helpful assistant. Answer briefly.", "You are a careful tutor.", "Help the user.",
                "You are a friendly assistant.",
            ]
        case .chinese: ["你是一个有用的助手。", "你是一位耐心的老师。", "请帮助用户。", "你是一个友好的助手。"]
        }
    }
}
