/// English wordings of bare arithmetic.
enum EnglishQuestions {
    static func exercise(_ problem: Problem, _ draws: inout Draws) -> Exercise {
        switch problem {
        case .larger(let a, let b):
            return Exercise(
                problem: problem,
                question: draws.pick([
                    "Which is larger, \(a) or \(b)?", "Which number is greater: \(a) or \(b)?",
                    "Compare \(a) and \(b). Which is bigger?",
                ]),
                answer: "The larger number is \(problem.result)."
            )
        case .gap(let a, let b):
            return Exercise(
                problem: problem,
                question: draws.pick([
                    "How far apart are \(a) and \(b)?", "What is the difference between \(a) and \(b)?",
                    "Which is larger, \(a) or \(b), and by how much?",
                ]),
                answer: "\(max(a, b)) is larger by \(problem.result)."
            )
        default:
            let formula = problem.formula(isSpaced: !draws.onceIn(4))
            let question =
                draws.onceIn(4)
                ? problem.englishWords(&draws)
                : draws.pick([
                    "What is \(formula)?", "\(formula) = ?", "Calculate \(formula).", "Work out \(formula).",
                    "How much is \(formula)?", "Can you tell me what \(formula) is?", "\(formula)",
                ])
            return Exercise(
                problem: problem,
                question: question,
                answer: "\(problem.formula(isSpaced: true)) = \(problem.result)."
            )
        }
    }
}

extension Problem {
    /// The problem in signs.
    func formula(isSpaced: Bool) -> String {
        let gap = isSpaced ? " " : ""
        switch self {
        case .sum(let a, let b): return "\(a)\(gap)+\(gap)\(b)"
        case .difference(let a, let b): return "\(a)\(gap)-\(gap)\(b)"
        case .product(let a, let b): return "\(a)\(gap)×\(gap)\(b)"
        case .chain(let first, let steps):
            return steps.reduce("\(first)") { "\($0)\(gap)\($1 < 0 ? "-" : "+")\(gap)\(abs($1))" }
        default: return key
        }
    }

    fileprivate func englishWords(_ draws: inout Draws) -> String {
        switch self {
        case .sum(let a, let b):
            draws.pick([
                "What is \(a) plus \(b)?", "Add \(a) and \(b).", "What is the sum of \(a) and \(b)?",
            ])
        case .difference(let a, let b):
            draws.pick(["What is \(a) minus \(b)?", "Subtract \(b) from \(a).", "Take \(b) away from \(a)."])
        case .product(let a, let b):
            draws.pick([
                "What is \(a) times \(b)?", "Multiply \(a) by \(b).", "What is the product of \(a) and \(b)?",
                "What is \(a) * \(b)?",
            ])
        case .chain(let first, let steps):
            "Start with \(first)"
                + steps.map { $0 < 0 ? ", take away \(-$0)" : ", add \($0)" }.joined()
                + ". What do you get?"
        default: "What is \(key)?"
        }
    }
}
