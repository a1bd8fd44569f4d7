/// Curves over the steps of a run, as an SVG that stands by itself.
public struct CurveImage {
    /// What stands above the curves.
    public let title: String
    /// The curves, with names as people read them.
    public let curves: [(name: String, points: [(step: Double, value: Double)])]

    /// Curves under a title.
    public init(title: String, curves: [(name: String, points: [(step: Double, value: Double)])]) {
        self.title = title
        self.curves = curves
    }

    private static let size = (width: 640.0, height: 260.0)
    private static let plot = (left: 64.0, right: 624.0, top: 36.0, bottom: 224.0)
    private static let colours = ["#2563eb", "#ea580c", "#059669", "#9333ea"]

    /// The image.
    public var svg: String {
        let points = curves.flatMap(\.points).filter { $0.value.isFinite }
        guard let first = points.first else { return "" }
        let steps = points.reduce(into: (low: first.step, high: first.step)) {
            $0 = (min($0.low, $1.step), max($0.high, $1.step))
        }
        let ticks = Self.ticks(points.map(\.value))
        let (low, high) = (ticks.first ?? 0, ticks.last ?? 1)
        func x(_ step: Double) -> Double {
            let share = steps.high > steps.low ? (step - steps.low) / (steps.high - steps.low) : 0.5
            return Self.plot.left + share * (Self.plot.right - Self.plot.left)
        }
        func y(_ value: Double) -> Double {
            Self.plot.bottom - (value - low) / (high - low) * (Self.plot.bottom - Self.plot.top)
        }
        var parts = [
            """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.size.width)) \(Int(Self.size.height))" \
            width="\(Int(Self.size.width))" height="\(Int(Self.size.height))" role="img" \
            font-family="system-ui, sans-serif" font-size="12">
            """,
            "<title>\(HTMLText.escaped(title))</title>",
            ##"<rect width="100%" height="100%" fill="#ffffff"/>"##,
            Self.text(Self.plot.left, 20, title, "start", weight: "600", fill: "#111827"),
        ]
        for tick in ticks {
            parts.append(
                #"<path d="M\#(Self.number(Self.plot.left)) \#(Self.number(y(tick)))H\#(Self.number(Self.plot.right))" "#
                    + ##"stroke="#e5e7eb"/>"##
            )
            parts.append(Self.text(Self.plot.left - 8, y(tick) + 4, Self.label(tick, ticks), "end"))
        }
        for step in Self.stepTicks(steps.low, steps.high) {
            parts.append(Self.text(x(step), Self.plot.bottom + 18, Figure.fixed(step, 0), "middle"))
        }
        parts.append(Self.text(Self.plot.right, Self.size.height - 6, "step", "end"))
        var legend = Self.plot.right
        for (place, curve) in curves.enumerated().reversed() {
            let colour = Self.colours[place % Self.colours.count]
            let seen = curve.points.filter { $0.value.isFinite }
            let path = seen.enumerated().map { index, point in
                "\(index == 0 ? "M" : "L")\(Self.number(x(point.step))) \(Self.number(y(point.value)))"
            }.joined()
            parts.append(#"<path d="\#(path)" fill="none" stroke="\#(colour)" stroke-width="1.75"/>"#)
            if seen.count <= 40 {
                for point in seen {
                    parts.append(
                        #"<circle cx="\#(Self.number(x(point.step)))" cy="\#(Self.number(y(point.value)))" r="2.5" "#
                            + #"fill="\#(colour)"/>"#
                    )
                }
            }
            parts.append(Self.text(legend, 20, curve.name, "end", weight: "600", fill: colour))
            legend -= Double(curve.name.count) * 7 + 16
        }
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    /// About five round numbers that span the values.
    static func ticks(_ values: [Double]) -> [Double] {
        guard let low = values.min(), let high = values.max() else { return [0, 1] }
        let span = high > low ? high - low : max(abs(high), 1e-9) * 0.2
        var power = 1.0
        while power * 10 <= span / 4 { power *= 10 }
        while power > span / 4 { power /= 10 }
        let step = power * ([1, 2, 5, 10].first { power * $0 >= span / 4 } ?? 10)
        let begin = (low / step).rounded(.down)
        let count = max(1, Int((high / step - begin).rounded(.up)))
        return (0...count).map { (begin + Double($0)) * step }
    }

    private static func label(_ value: Double, _ ticks: [Double]) -> String {
        let step = ticks.count > 1 ? ticks[1] - ticks[0] : 1
        guard step >= 1e-4 else { return abs(value) < step / 2 ? "0" : Figure.scientific(value) }
        let decimals = [1, 0.1, 0.01, 0.001].firstIndex { step >= $0 * 0.999 } ?? 4
        return Figure.fixed(value, decimals)
    }

    private static func stepTicks(_ low: Double, _ high: Double) -> [Double] {
        guard high > low else { return [low] }
        return ticks([low, high]).filter { $0 >= low && $0 <= high && $0 == $0.rounded() }
    }

    private static func number(_ value: Double) -> String { Figure.fixed(value, 1) }

    private static func text(
        _ x: Double,
        _ y: Double,
        _ text: String,
        _ anchor: String,
        weight: String = "400",
        fill: String = "#6b7280"
    ) -> String {
        #"<text x="\#(number(x))" y="\#(number(y))" text-anchor="\#(anchor)" font-weight="\#(weight)" fill="\#(fill)">"#
            + "\(HTMLText.escaped(text))</text>"
    }
}
