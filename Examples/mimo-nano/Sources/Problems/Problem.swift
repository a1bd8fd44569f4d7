/// A problem in numbers, whatever words it is put into.
enum Problem: Equatable {
    case sum(Int, Int)
    case difference(Int, Int)
    case product(Int, Int)
    /// A first number, and what is added to or taken from it in turn.
    case chain(Int, [Int])
    /// Which of two numbers is larger.
    case larger(Int, Int)
    /// By how much the larger of two numbers is larger.
    case gap(Int, Int)
    /// `a × b`, and a number that is added or taken away.
    case productAnd(Int, Int, Int)
    /// What is left of a number after `a × b` of it.
    case change(Int, Int, Int)

    /// The one form of the problem, by which it is held out or not. It is the same in both languages and in all
    /// wordings; `a + b` and `b + a` are one problem.
    var key: String {
        switch self {
        case .sum(let a, let b): "\(min(a, b))+\(max(a, b))"
        case .difference(let a, let b): "\(a)-\(b)"
        case .product(let a, let b): "\(a)*\(b)"
        case .chain(let first, let steps) where steps.count == 1:
            (steps[0] < 0 ? Problem.difference(first, -steps[0]) : .sum(first, steps[0])).key
        case .chain(let first, let steps): steps.reduce("\(first)") { "\($0)\($1 < 0 ? "" : "+")\($1)" }
        case .larger(let a, let b): "\(min(a, b))<\(max(a, b))"
        case .gap(let a, let b): "\(max(a, b))-\(min(a, b))"
        case .productAnd(let a, let b, let c): "\(a)*\(b)\(c < 0 ? "" : "+")\(c)"
        case .change(let whole, let a, let b): "\(whole)-\(a)*\(b)"
        }
    }

    /// Whether the problem is kept out of training: one in 16 is, by a hash of its key (FNV-1a, its bits mixed).
    var isHeldOut: Bool {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return ((hash ^ (hash >> 32)) &* 0x9E37_79B9_7F4A_7C15) >> 60 == 0
    }

    /// The right answer.
    var result: Int {
        switch self {
        case .sum(let a, let b): a + b
        case .difference(let a, let b): a - b
        case .product(let a, let b): a * b
        case .chain(let first, let steps): steps.reduce(first, +)
        case .larger(let a, let b): max(a, b)
        case .gap(let a, let b): abs(a - b)
        case .productAnd(let a, let b, let c): a * b + c
        case .change(let whole, let a, let b): whole - a * b
        }
    }

    /// The reasoning that leads to the answer, the same in every language.
    var steps: [String] {
        switch self {
        case .sum(let a, let b): Columns.sum(a, b)
        case .difference(let a, let b): Columns.difference(a, b)
        case .product(let a, let b): Columns.product(a, b)
        case .chain(let first, let numbers):
            numbers.reduce(into: (steps: [], value: first)) { chain, number in
                chain.steps += Self.step(chain.value, number)
                chain.value += number
            }.steps
        case .larger(let a, let b): [Columns.comparison(a, b)]
        case .gap(let a, let b):
            [Columns.comparison(a, b)] + Columns.difference(max(a, b), min(a, b))
        case .productAnd(let a, let b, let c): Columns.product(a, b) + Self.step(a * b, c)
        case .change(let whole, let a, let b): Columns.product(a, b) + Self.step(whole, -a * b)
        }
    }

    private static func step(_ value: Int, _ number: Int) -> [String] {
        number < 0 ? Columns.difference(value, -number) : Columns.sum(value, number)
    }
}
