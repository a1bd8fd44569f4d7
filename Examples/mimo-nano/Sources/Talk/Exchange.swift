/// Things that are said in one way or another, and what is answered.
struct Exchange {
    var questions: [String]
    var thinking: String
    var answers: [String]

    init(_ questions: [String], _ thinking: String, _ answers: [String]) {
        self.questions = questions
        self.thinking = thinking
        self.answers = answers
    }

    /// One way to say it.
    func turn(_ draws: inout Draws) -> Row.Turn {
        Row.Turn(question: draws.pick(questions), thinking: thinking, answer: draws.pick(answers))
    }
}
