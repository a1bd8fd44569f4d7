/// Chinese wordings of bare arithmetic.
enum ChineseQuestions {
    static func exercise(_ problem: Problem, _ draws: inout Draws) -> Exercise {
        switch problem {
        case .larger(let a, let b):
            return Exercise(
                problem: problem,
                question: draws.pick(["\(a)和\(b)哪个大？", "\(a)与\(b)，哪个数更大？", "比较\(a)和\(b)的大小。"]),
                answer: "更大的数是\(problem.result)。"
            )
        case .gap(let a, let b):
            return Exercise(
                problem: problem,
                question: draws.pick(["\(a)和\(b)相差多少？", "\(a)与\(b)哪个大，大多少？", "\(a)和\(b)的差是多少？"]),
                answer: "\(max(a, b))更大，大\(problem.result)。"
            )
        default:
            let formula = problem.formula(isSpaced: draws.onceIn(2))
            let question =
                draws.onceIn(4)
                ? problem.chineseWords(&draws)
                : draws.pick([
                    "\(formula)等于多少？", "\(formula) = ？", "计算\(formula)。", "请算一下\(formula)。", "\(formula)是多少？",
                    "\(formula)",
                ])
            return Exercise(
                problem: problem,
                question: question,
                answer: "\(problem.formula(isSpaced: true)) = \(problem.result)。"
            )
        }
    }
}

extension Problem {
    fileprivate func chineseWords(_ draws: inout Draws) -> String {
        switch self {
        case .sum(let a, let b):
            draws.pick(["\(a)加\(b)等于多少？", "\(a)加上\(b)是多少？", "\(a)与\(b)的和是多少？"])
        case .difference(let a, let b): draws.pick(["\(a)减\(b)等于多少？", "从\(a)里减去\(b)，还剩多少？"])
        case .product(let a, let b): draws.pick(["\(a)乘\(b)等于多少？", "\(b)个\(a)是多少？", "\(a)的\(b)倍是多少？"])
        case .chain(let first, let steps):
            "\(first)" + steps.map { $0 < 0 ? "减\(-$0)" : "加\($0)" }.joined() + "等于多少？"
        default: "\(key)等于多少？"
        }
    }
}
