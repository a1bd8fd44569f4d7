/// The numbers of word problems, drawn alike for every language; the stories put them into words.
enum StoryNumbers {
    /// Some are got, some are given away: what there is at first, and what comes and goes in turn.
    static func keeping(_ draws: inout Draws) -> (problem: Problem, first: Int, steps: [Int]) {
        let problem = Problem.chain(length: draws.number(1...2), &draws)
        guard case .chain(let first, let steps) = problem else { preconditionFailure("a chain is a chain") }
        return (problem, first, steps)
    }

    /// What two people have.
    static func together(_ draws: inout Draws) -> (Int, Int) { (draws.number(2...99), draws.number(2...99)) }

    /// Things of one price are paid with more than they cost.
    static func shopping(_ draws: inout Draws) -> (problem: Problem, count: Int, price: Int, paid: Int) {
        let (count, price) = (draws.number(2...9), draws.number(2...20))
        let paid = price * count + draws.number(1...99)
        return (.change(paid, price, count), count, price, paid)
    }

    /// Full boxes, and how many more there are, or fewer.
    static func boxes(_ draws: inout Draws) -> (problem: Problem, count: Int, size: Int, extra: Int) {
        let (count, size) = (draws.number(2...9), draws.number(2...20))
        let extra = draws.onceIn(2) ? draws.number(2...99) : -draws.number(1...min(99, count * size - 1))
        return (.productAnd(size, count, extra), count, size, extra)
    }
}
