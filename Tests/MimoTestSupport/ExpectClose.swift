public import Testing

/// Expects every element within `atol + rtol * |expected|`; says how many are not, and which is the worst.
public func expectClose(
    _ actual: [Float],
    _ expected: [Float],
    rtol: Float = 0,
    atol: Float = 0,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    guard actual.count == expected.count else {
        Issue.record(
            "\(comment): \(actual.count) elements; expected \(expected.count)",
            sourceLocation: sourceLocation
        )
        return
    }
    var worst = 0
    var worstExcess = -Float.infinity
    var outside = 0
    for index in actual.indices {
        // NaN compares false with everything and must count as far off.
        let excess = abs(actual[index] - expected[index]) - (atol + rtol * abs(expected[index]))
        let isOutside = actual[index] != expected[index] && !(excess <= 0)
        if isOutside { outside += 1 }
        let weight = excess.isNaN ? Float.infinity : excess
        if isOutside, weight > worstExcess { (worst, worstExcess) = (index, weight) }
    }
    guard outside > 0 else { return }
    Issue.record(
        """
        \(comment): \(outside) of \(actual.count) elements differ; worst at \(worst): \
        \(actual[worst]), expected \(expected[worst]) within \(atol) + \(rtol) relative
        """,
        sourceLocation: sourceLocation
    )
}
