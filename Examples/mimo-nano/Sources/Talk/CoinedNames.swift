/// Names that nobody has, of any letters, so that a model learns to write whatever name it is given.
enum CoinedNames {
    static func persona(_ language: Language, _ draws: inout Draws) -> Persona {
        let isLatin = language == .english || draws.onceIn(3)
        let name = isLatin ? latin(&draws) : chinese(&draws)
        let maker =
            isLatin && draws.onceIn(2)
            ? latin(&draws) : language == .english ? latin(&draws) : chinese(&draws)
        return Persona(name: name, maker: maker)
    }

    /// One or two words of a few syllables, with a hyphen between or a space.
    static func latin(_ draws: inout Draws) -> String {
        var words = [word(&draws)]
        if draws.onceIn(2) {
            words.append(draws.onceIn(2) ? draws.pick(["bot", "robot", "AI", "chat"]) : word(&draws))
        }
        if draws.onceIn(2) { words = words.map { $0.prefix(1).uppercased() + $0.dropFirst() } }
        return words.joined(separator: draws.onceIn(3) ? " " : "-")
    }

    private static func word(_ draws: inout Draws) -> String {
        let onsets = [
            "b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "w", "z",
            "sw", "st",
            "br", "cl", "tr", "sh", "ch", "",
        ]
        let vowels = ["a", "e", "i", "o", "u", "ai", "ee", "oo", "y"]
        let ends = ["", "", "", "n", "r", "s", "l", "ft", "x", "m", "nd", "ck", "t"]
        return (0..<draws.number(1...3)).map { _ in draws.pick(onsets) + draws.pick(vowels) + draws.pick(ends)
        }.joined()
    }

    static func chinese(_ draws: inout Draws) -> String {
        let characters = Array("星云海木月石风林泉竹晨松雪禾小明天心思远文智灵光新世界大山水火春夏秋冬青白红蓝花草鱼鸟龙虎东南西北安乐平和一二三百千万")
        return (0..<draws.number(2...4)).map { _ in String(draws.pick(characters)) }.joined()
    }
}
