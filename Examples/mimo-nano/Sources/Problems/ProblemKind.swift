/// The kinds of problems, as scores are told apart.
enum ProblemKind: String, CaseIterable {
    case sum
    case difference
    case product
    case chain
    case comparison
    case story

    /// A problem of this kind and its wording. Problems are drawn until one is held out, or is not.
    func exercise(_ language: Language, isHeldOut: Bool, _ draws: inout Draws) -> Exercise {
        while true {
            let exercise =
                switch language {
                case .english: english(&draws)
                case .chinese: chinese(&draws)
                }
            if exercise.problem.isHeldOut == isHeldOut { return exercise }
        }
    }

    private func english(_ draws: inout Draws) -> Exercise {
        self == .story ? EnglishStories.exercise(&draws) : EnglishQuestions.exercise(problem(&draws), &draws)
    }

    private func chinese(_ draws: inout Draws) -> Exercise {
        self == .story ? ChineseStories.exercise(&draws) : ChineseQuestions.exercise(problem(&draws), &draws)
    }

    private func problem(_ draws: inout Draws) -> Problem {
        switch self {
        case .sum: return .sum(draws.number(digits: 1...3), draws.number(digits: 1...3))
        case .difference:
            let (a, b) = (draws.number(digits: 1...3), draws.number(digits: 1...3))
            return .difference(max(a, b), min(a, b))
        case .product: return .product(draws.number(digits: 1...4), draws.number(2...9))
        case .chain: return .chain(length: draws.onceIn(4) ? 3 : 2, &draws)
        case .comparison:
            let a = draws.number(digits: 2...3)
            var b = draws.number(digits: 2...3)
            // Numbers that begin alike are the ones that take some care.
            if draws.number(1...3) > 1 { b = a / 100 * 100 + draws.number(10...99) }
            if a == b { b += 1 }
            return draws.onceIn(2) ? .larger(a, b) : .gap(a, b)
        case .story: preconditionFailure("a story brings its own problem")
        }
    }
}

extension Problem {
    /// A chain of numbers below 100 that never leaves 1...199.
    static func chain(length: Int, _ draws: inout Draws) -> Problem {
        let first = draws.number(2...99)
        var value = first
        let steps = (0..<length).map { _ in
            let adds = value < 12 || (value < 100 && draws.onceIn(2))
            let step = adds ? draws.number(2...99) : -draws.number(2...min(99, value - 1))
            value += step
            return step
        }
        return .chain(first, steps)
    }
}

/// A problem in words.
struct Exercise {
    var problem: Problem
    var question: String
    /// What the answer says; its last number is the result.
    var answer: String
}
