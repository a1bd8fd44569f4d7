/// Words that are to be said again, mostly ones that nobody has heard: what is learned is to copy.
enum Echo {
    static func turn(_ language: Language, _ draws: inout Draws) -> Row.Turn {
        switch language {
        case .english:
            let words = CoinedNames.latin(&draws)
            let question = draws.pick([
                "Repeat: %", "Say %.", "Please repeat after me: %", "Say this again: %",
            ])
            return Row.Turn(
                question: question.replacing("%", with: words),
                thinking: "They want me to say it again.",
                answer: words
            )
        case .chinese:
            let words = draws.onceIn(3) ? CoinedNames.latin(&draws) : CoinedNames.chinese(&draws)
            let question = draws.pick(["请重复：%", "跟我说：%", "再说一遍：%", "请说“%”。"])
            return Row.Turn(
                question: question.replacing("%", with: words),
                thinking: "对方要我再说一遍。",
                answer: words
            )
        }
    }
}
