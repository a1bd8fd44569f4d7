/// Normalisation Form C of a run of scalars (UAX #15): decompose, order the marks, compose.
///
/// Foundation's own composes some scalars beyond U+FFFF as if they were their last 16 bits (U+E0078 with U+0308
/// gives ẍ), and the standard library's is not public.
struct CanonicalForms: Sendable {
    /// The tables that everything shares.
    static let shared = CanonicalForms()

    /// What a scalar decomposes into: one or two scalars.
    private var decompositions: [UInt32: (first: UInt32, second: UInt32?)] = [:]
    /// What two scalars compose to, by both in one word.
    private var compositions: [UInt64: UInt32] = [:]

    private init() {
        for row in stride(from: 0, to: CanonicalMappings.composed.count, by: 3) {
            let (whole, first, second) = Self.row(CanonicalMappings.composed, row)
            decompositions[whole] = (first, second)
            compositions[Self.pair(first, second)] = whole
        }
        for row in stride(from: 0, to: CanonicalMappings.split.count, by: 3) {
            let (whole, first, second) = Self.row(CanonicalMappings.split, row)
            decompositions[whole] = (first, second)
        }
        for row in stride(from: 0, to: CanonicalMappings.replaced.count, by: 2) {
            decompositions[CanonicalMappings.replaced[row]] = (CanonicalMappings.replaced[row + 1], nil)
        }
    }

    private static func row(_ table: [UInt32], _ row: Int) -> (UInt32, UInt32, UInt32) {
        (table[row], table[row + 1], table[row + 2])
    }

    private static func pair(_ first: UInt32, _ second: UInt32) -> UInt64 {
        UInt64(first) << 32 | UInt64(second)
    }

    /// A scalar and its canonical combining class.
    private struct Mark {
        let scalar: UInt32
        let order: UInt8
    }

    /// The scalars in NFC.
    func composed(_ scalars: some Sequence<UInt32>) -> [UInt32] {
        var marks: [Mark] = []
        for scalar in scalars { decompose(scalar, into: &marks) }
        order(&marks)
        return compose(marks)
    }

    // MARK: Decomposition

    /// Hangul syllables are a leading consonant, a vowel and maybe a trailing consonant (The Unicode Standard 3.12).
    private enum Hangul {
        static let syllables: UInt32 = 0xAC00
        static let leading: UInt32 = 0x1100
        static let vowels: UInt32 = 0x1161
        /// One before the first trailing consonant.
        static let trailing: UInt32 = 0x11A7
        static let leadingCount: UInt32 = 19
        static let vowelCount: UInt32 = 21
        static let trailingCount: UInt32 = 28
        static let syllableCount = leadingCount * vowelCount * trailingCount
    }

    private func decompose(_ scalar: UInt32, into marks: inout [Mark]) {
        let syllable = scalar &- Hangul.syllables
        if syllable < Hangul.syllableCount {
            let (pair, trailing) = syllable.quotientAndRemainder(dividingBy: Hangul.trailingCount)
            marks.append(Mark(scalar: Hangul.leading + pair / Hangul.vowelCount, order: 0))
            marks.append(Mark(scalar: Hangul.vowels + pair % Hangul.vowelCount, order: 0))
            if trailing > 0 { marks.append(Mark(scalar: Hangul.trailing + trailing, order: 0)) }
        } else if let (first, second) = decompositions[scalar] {
            decompose(first, into: &marks)
            if let second { decompose(second, into: &marks) }
        } else {
            let combines = ScalarClasses.shared[scalar].contains(.combining)
            let order = combines ? Unicode.Scalar(scalar)?.properties.canonicalCombiningClass.rawValue : nil
            marks.append(Mark(scalar: scalar, order: order ?? 0))
        }
    }

    /// Sorts each run of marks by class, equal ones in their order.
    private func order(_ marks: inout [Mark]) {
        var start = 0
        while start < marks.count {
            guard marks[start].order > 0 else {
                start += 1
                continue
            }
            let end = marks[start...].firstIndex { $0.order == 0 } ?? marks.count
            let sorted = marks[start..<end].enumerated().sorted {
                ($0.element.order, $0.offset) < ($1.element.order, $1.offset)
            }
            marks.replaceSubrange(start..<end, with: sorted.map(\.element))
            start = end
        }
    }

    // MARK: Composition

    /// Each scalar melts into the last starter, unless one of its class or a starter stands between.
    private func compose(_ marks: [Mark]) -> [UInt32] {
        var out: [UInt32] = []
        var starter: Int?
        var lastOrder: UInt8 = 0
        for mark in marks {
            if let starter, starter == out.count - 1 || (lastOrder < mark.order && lastOrder > 0),
                let whole = composition(out[starter], mark.scalar)
            {
                out[starter] = whole
                continue
            }
            if mark.order == 0 { starter = out.count }
            lastOrder = mark.order
            out.append(mark.scalar)
        }
        return out
    }

    private func composition(_ first: UInt32, _ second: UInt32) -> UInt32? {
        let leading = first &- Hangul.leading
        let vowel = second &- Hangul.vowels
        if leading < Hangul.leadingCount, vowel < Hangul.vowelCount {
            return Hangul.syllables + (leading * Hangul.vowelCount + vowel) * Hangul.trailingCount
        }
        let syllable = first &- Hangul.syllables
        let trailing = second &- Hangul.trailing
        if syllable < Hangul.syllableCount, syllable.isMultiple(of: Hangul.trailingCount), trailing > 0,
            trailing < Hangul.trailingCount
        {
            return first + trailing
        }
        return compositions[Self.pair(first, second)]
    }
}
