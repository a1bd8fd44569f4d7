/// Written arithmetic, column by column from the ones on, as it is taught at school.
enum Columns {
    /// `482+57`, then `2+7=9`, `8+5=13`, `4+0+1=5`, then `=539`.
    static func sum(_ a: Int, _ b: Int) -> [String] {
        var lines = ["\(a)+\(b)"]
        let (a1, b1) = (digits(a), digits(b))
        var carry = 0
        for place in 0..<max(a1.count, b1.count) {
            let (x, y) = (digit(a1, place), digit(b1, place))
            let sum = x + y + carry
            lines.append("\(x)+\(y)\(carry > 0 ? "+1" : "")=\(sum)")
            carry = sum / 10
        }
        return lines + ["=\(a + b)"]
    }

    /// `503-278`, then `3+10-8=5`, `0+10-7-1=2`, `5-2-1=2`, then `=225`.
    static func difference(_ a: Int, _ b: Int) -> [String] {
        var lines = ["\(a)-\(b)"]
        let (a1, b1) = (digits(a), digits(b))
        var borrowed = 0
        for place in 0..<max(a1.count, b1.count) {
            let (x, y) = (digit(a1, place), digit(b1, place))
            let lends = x < y + borrowed
            let rest = x - y - borrowed + (lends ? 10 : 0)
            lines.append("\(x)\(lends ? "+10" : "")-\(y)\(borrowed > 0 ? "-1" : "")=\(rest)")
            borrowed = lends ? 1 : 0
        }
        return lines + ["=\(a - b)"]
    }

    /// `347×6`, then `7×6=42`, `4×6+4=28`, `3×6+2=20`, then `=2082`.
    static func product(_ a: Int, _ b: Int) -> [String] {
        var lines = ["\(a)×\(b)"]
        var carry = 0
        for digit in digits(a) {
            let product = digit * b + carry
            lines.append("\(digit)×\(b)\(carry > 0 ? "+\(carry)" : "")=\(product)")
            carry = product / 10
        }
        return lines + ["=\(a * b)"]
    }

    /// The first place at which the numbers differ: `48=48 2<3`, or their lengths.
    static func comparison(_ a: Int, _ b: Int) -> String {
        let (x, y) = (String(a), String(b))
        guard x.count == y.count else { return "\(a)\(a < b ? "<" : ">")\(b)" }
        let places = zip(x, y).map { $0 == $1 ? "\($0)=\($1)" : "\($0)\($0 < $1 ? "<" : ">")\($1)" }
        let first = zip(x, y).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
        return places[...first].joined(separator: " ")
    }

    private static func digits(_ number: Int) -> [Int] {
        String(number).utf8.reversed().map { Int($0 - UInt8(ascii: "0")) }
    }

    private static func digit(_ digits: [Int], _ place: Int) -> Int {
        place < digits.count ? digits[place] : 0
    }
}
