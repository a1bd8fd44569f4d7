private import Foundation

/// A moment as clocks and calendars show it, without a time zone: what templates ask for with `strftime_now`.
public struct LocalTime: Sendable, Equatable {
    /// The year of the Gregorian calendar.
    public let year: Int
    /// 1 to 12.
    public let month: Int
    /// 1 to 31.
    public let day: Int
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 60.
    public let second: Int

    /// A moment by its parts, which are taken as they are.
    public init(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.year = year
        self.month = min(max(month, 1), 12)
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// A moment written as `2024-07-26T12:34:56`, or only its date; nil where the text is neither.
    public init?(_ text: String) {
        let parts = text.split { "-T:".contains($0) }.map { Int($0) }
        guard parts.count == 3 || parts.count == 6, !parts.contains(nil) else { return nil }
        let numbers = parts.compactMap { $0 }
        guard (1...12).contains(numbers[1]), (1...31).contains(numbers[2]) else { return nil }
        self.init(
            year: numbers[0],
            month: numbers[1],
            day: numbers[2],
            hour: numbers.count > 3 ? numbers[3] : 0,
            minute: numbers.count > 3 ? numbers[4] : 0,
            second: numbers.count > 3 ? numbers[5] : 0
        )
    }

    /// Now, by the machine's clock and time zone.
    public static var now: LocalTime {
        let parts = Calendar(identifier: .gregorian).dateComponents(
            [.year, .month, .day, .hour, .minute, .second],
            from: Date()
        )
        return LocalTime(
            year: parts.year ?? 1970,
            month: parts.month ?? 1,
            day: parts.day ?? 1,
            hour: parts.hour ?? 0,
            minute: parts.minute ?? 0,
            second: parts.second ?? 0
        )
    }

    // MARK: Calendar

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]

    /// 0 for Sunday (Sakamoto's method).
    private var weekday: Int {
        let offsets = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4]
        let shifted = month < 3 ? year - 1 : year
        let sum = shifted + shifted / 4 - shifted / 100 + shifted / 400 + offsets[month - 1] + day
        return (sum % 7 + 7) % 7
    }

    private var isLeapYear: Bool {
        year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
    }

    /// 1 for the first of January.
    private var dayOfYear: Int {
        let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return before[month - 1] + day + (isLeapYear && month > 2 ? 1 : 0)
    }

    /// The year and week of ISO 8601, whose weeks begin on Monday and belong to the year of their Thursday.
    private var isoWeek: (year: Int, week: Int) {
        let monday = (weekday + 6) % 7
        let week = (dayOfYear - 1 - monday + 10) / 7
        func weeks(in year: Int) -> Int {
            func endsOn(_ year: Int) -> Int { (year + year / 4 - year / 100 + year / 400) % 7 }
            return endsOn(year) == 4 || endsOn(year - 1) == 3 ? 53 : 52
        }
        if week < 1 { return (year - 1, weeks(in: year - 1)) }
        if week > weeks(in: year) { return (year + 1, 1) }
        return (year, week)
    }

    // MARK: Formatting

    /// The moment in C's `strftime` format, in the C locale; a directive that is none stays as it is.
    public func formatted(_ format: String) -> String {
        var out = ""
        var rest = format.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%", let directive = rest.popFirst() else {
                out.unicodeScalars.append(scalar)
                continue
            }
            var flag: Unicode.Scalar?
            var kind = directive
            if "-_0^#".unicodeScalars.contains(directive), let next = rest.popFirst() {
                flag = directive
                kind = next
            }
            if let field = field(kind, flag) {
                out += flag == "^" ? field.uppercased() : field
            } else {
                out += "%" + (flag.map(String.init) ?? "") + String(kind)
            }
        }
        return out
    }

    private func field(_ kind: Unicode.Scalar, _ flag: Unicode.Scalar?) -> String? {
        func number(_ value: Int, _ width: Int, _ padding: String = "0") -> String {
            let digits = String(value)
            let fill = flag == "-" ? "" : flag == "_" ? " " : flag == "0" ? "0" : padding
            return fill.isEmpty ? digits : PythonText.pad(digits, to: width, with: fill, .left)
        }
        let twelve = hour % 12 == 0 ? 12 : hour % 12
        switch kind {
        case "a": return String(Self.days[weekday].prefix(3))
        case "A": return Self.days[weekday]
        case "b", "h": return String(Self.months[month - 1].prefix(3))
        case "B": return Self.months[month - 1]
        case "c": return formatted("%a %b %e %H:%M:%S %Y")
        case "C": return number(year / 100, 2)
        case "d": return number(day, 2)
        case "D", "x": return formatted("%m/%d/%y")
        case "e": return number(day, 2, " ")
        case "f": return "000000"
        case "F": return formatted("%Y-%m-%d")
        case "g": return number(isoWeek.year % 100, 2)
        case "G": return number(isoWeek.year, 4)
        case "H": return number(hour, 2)
        case "I": return number(twelve, 2)
        case "j": return number(dayOfYear, 3)
        case "k": return number(hour, 2, " ")
        case "l": return number(twelve, 2, " ")
        case "m": return number(month, 2)
        case "M": return number(minute, 2)
        case "n": return "\n"
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "r": return formatted("%I:%M:%S %p")
        case "R": return formatted("%H:%M")
        case "S": return number(second, 2)
        case "t": return "\t"
        case "T", "X": return formatted("%H:%M:%S")
        case "u": return number(weekday == 0 ? 7 : weekday, 1)
        case "U": return number((dayOfYear + 6 - weekday) / 7, 2)
        case "V": return number(isoWeek.week, 2)
        case "w": return number(weekday, 1)
        case "W": return number((dayOfYear + 6 - (weekday + 6) % 7) / 7, 2)
        case "y": return number(year % 100, 2)
        case "Y": return number(year, 1)
        // A moment without a time zone has no more to say.
        case "z", "Z": return ""
        case "%": return "%"
        default: return nil
        }
    }
}
