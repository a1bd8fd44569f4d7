import MimoNumerics

/// How a time was divided among the parts of the numerical work.
struct TimeByPart {
    private let parts: [(part: RegionPart, total: RegionClock.Total)]
    /// The whole, in seconds.
    let seconds: Double
    private let count: Int

    /// What remains outside of parallel regions, in seconds.
    let outside: Double

    /// - Parameters:
    ///   - parts: The totals.
    ///   - seconds: The whole.
    ///   - count: How many steps or tokens it was.
    init(_ parts: [RegionPart: RegionClock.Total], of seconds: Double, count: Int = 1) {
        self.parts = parts.filter { $0.value.regions > 0 }.sorted { $0.value.seconds > $1.value.seconds }
            .map { ($0.key, $0.value) }
        self.seconds = seconds
        self.count = count
        outside = self.parts.reduce(seconds) { $0 - $1.total.seconds }
    }

    /// Prints a line for each part.
    func show() {
        for (part, total) in parts {
            line("\(part)", total.seconds, "  \(total.regions / max(1, count)) regions")
        }
        line("outside of regions", outside, "")
    }

    private func line(_ name: String, _ part: Double, _ note: String) {
        print("  \(Figures.left(name, 22))\(Figures.right(Figures.share(part, of: seconds), 8))\(note)")
    }
}
