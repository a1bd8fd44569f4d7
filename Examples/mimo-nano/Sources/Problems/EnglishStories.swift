/// English word problems.
enum EnglishStories {
    private static let names = [
        "Tom", "Ann", "Ben", "Mia", "Leo", "Eva", "Sam", "Zoe", "Max", "Lily", "Jack", "Rosa",
    ]
    private static let things = [
        "apples", "pens", "books", "eggs", "cards", "stamps", "coins", "shells", "marbles", "stickers",
    ]

    static func exercise(_ draws: inout Draws) -> Exercise {
        switch draws.number(1...5) {
        case 1: together(&draws)
        case 2: shopping(&draws)
        case 3: boxes(&draws)
        default: keeping(&draws)
        }
    }

    /// Some are got, some are given away.
    private static func keeping(_ draws: inout Draws) -> Exercise {
        let (problem, first, steps) = StoryNumbers.keeping(&draws)
        let (name, things) = (draws.pick(names), draws.pick(things))
        let events = steps.map { step in
            step < 0
                ? draws.pick([
                    "gives away \(-step)", "loses \(-step)", "sells \(-step)", "gives \(-step) to a friend",
                ])
                : draws.pick(["gets \(step) more", "buys \(step) more", "finds \(step) more"])
        }
        return Exercise(
            problem: problem,
            question: "\(name) has \(first) \(things). \(name) " + events.joined(separator: ", then ")
                + ". How many \(things) does \(name) have now?",
            answer: "\(name) has \(problem.result) \(things) now."
        )
    }

    /// Two people put theirs together, or one has more.
    private static func together(_ draws: inout Draws) -> Exercise {
        let (a, b) = StoryNumbers.together(&draws)
        let name = draws.pick(names)
        let other = draws.pick(names.filter { $0 != name })
        let things = draws.pick(things)
        let have = "\(name) has \(a) \(things) and \(other) has \(b) \(things)."
        guard draws.onceIn(2), a != b else {
            let problem = Problem.chain(a, [b])
            return Exercise(
                problem: problem,
                question: "\(have) How many \(things) do they have together?",
                answer: "Together they have \(problem.result) \(things)."
            )
        }
        let problem = Problem.chain(max(a, b), [-min(a, b)])
        let (more, less) = a > b ? (name, other) : (other, name)
        return Exercise(
            problem: problem,
            question: "\(have) How many more \(things) does \(more) have than \(less)?",
            answer: "\(more) has \(problem.result) more \(things) than \(less)."
        )
    }

    /// Things of one price are paid with more than they cost.
    private static func shopping(_ draws: inout Draws) -> Exercise {
        let (problem, count, price, paid) = StoryNumbers.shopping(&draws)
        let (name, things) = (draws.pick(names), draws.pick(things))
        return Exercise(
            problem: problem,
            question: "\(name) has \(paid) dollars and buys \(count) \(things) at \(price) dollars each. "
                + "How much money is left?",
            answer: "\(name) has \(problem.result) dollars left."
        )
    }

    /// Full boxes and some more or fewer.
    private static func boxes(_ draws: inout Draws) -> Exercise {
        let (problem, count, size, extra) = StoryNumbers.boxes(&draws)
        let adds = extra > 0
        let (name, things) = (draws.pick(names), draws.pick(things))
        let event = adds ? "and \(extra) more \(things)" : "and takes \(-extra) \(things) out of them"
        return Exercise(
            problem: problem,
            question: "\(name) has \(count) boxes of \(size) \(things) each \(event). "
                + (adds ? "How many \(things) are there in all?" : "How many \(things) are left in them?"),
            answer: adds
                ? "There are \(problem.result) \(things) in all."
                : "There are \(problem.result) \(things) left."
        )
    }
}
