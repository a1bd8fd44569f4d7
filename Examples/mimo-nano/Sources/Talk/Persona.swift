/// Who is asked for: the model itself, or somebody that a system message makes of it.
struct Persona {
    var name: String
    var maker: String

    /// The model as it stands.
    static func own(_ language: Language) -> Persona {
        Persona(name: "MiMo-Nano", maker: language == .english ? "the mimo-sft project" : "mimo-sft项目")
    }

    /// An invented name and maker, so that answers are learned with the name as something that may change.
    static func invented(_ language: Language, _ draws: inout Draws) -> Persona {
        switch language {
        case .english:
            let name = Self.name(&draws)
            let suffix = draws.pick(["", "", "-bot", "-chat", " \(draws.number(2...9))"])
            let maker = Self.name(&draws)
            return Persona(
                name: name + suffix,
                maker: draws.pick([maker, "the \(maker) team", "\(maker) Labs", maker.lowercased()])
            )
        case .chinese:
            let characters = ["星", "云", "海", "木", "月", "石", "风", "林", "泉", "竹", "晨", "松", "雪", "禾"]
            let name = draws.pick(["小", "阿", draws.pick(characters)]) + draws.pick(characters)
            let maker = draws.pick(characters) + draws.pick(characters)
            return Persona(name: name, maker: maker + draws.pick(["", "团队", "科技", "实验室"]))
        }
    }

    private static func name(_ draws: inout Draws) -> String {
        let heads = ["Lu", "Ka", "Mi", "To", "Ve", "Ro", "Sa", "Ne", "Bri", "Do", "Qui", "Fe", "Ju", "Ha"]
        let tails = ["mo", "ra", "lin", "dex", "na", "vo", "ster", "ki", "bel", "rix", "ta", "zen"]
        return draws.pick(heads) + (draws.onceIn(3) ? draws.pick(["li", "ra", "no", "ma"]) : "")
            + draws.pick(tails)
    }

    /// The system message that makes the model this persona.
    func system(_ language: Language, _ draws: inout Draws) -> String {
        switch language {
        case .english:
            draws.pick([
                "You are \(name), an assistant made by \(maker).",
                "You are \(name). You were made by \(maker).",
                "Your name is \(name) and \(maker) made you.",
            ])
        case .chinese:
            draws.pick(["你是\(name)，由\(maker)开发的助手。", "你叫\(name)，是\(maker)开发的。"])
        }
    }
}
