/// Random draws that depend on a seed alone: SplitMix64 (Steele, Lea and Flood, 2014).
struct Draws {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// The draws of one row, which do not depend on how many were made for the rows before it.
    init(seed: UInt64, row: Int) {
        state = Self.mixed(seed) ^ Self.mixed(UInt64(row) &+ 0x9E37_79B9_7F4A_7C15)
    }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number of the range, each as likely as the others to within 2⁻³².
    mutating func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(((next() >> 32) &* UInt64(range.count)) >> 32)
    }

    /// An element of a list that is not empty.
    mutating func pick<Element>(_ list: [Element]) -> Element { list[number(0...list.count - 1)] }

    /// True once in `n` draws.
    mutating func onceIn(_ n: Int) -> Bool { number(1...n) == 1 }

    /// A number of up to `digits` digits, each length as likely as the others, and at least `least`.
    mutating func number(digits: ClosedRange<Int>, least: Int = 1) -> Int {
        let upper = power(of: 10, number(digits)) - 1
        return max(number(max(upper / 10, 1)...upper), least)
    }

    private func power(of base: Int, _ exponent: Int) -> Int {
        (0..<exponent).reduce(1) { power, _ in power * base }
    }
}
