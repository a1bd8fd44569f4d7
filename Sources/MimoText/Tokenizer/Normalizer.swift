/// Brings text into the form that the vocabulary was made from.
struct Normalizer: Sendable, Equatable {
    /// Whether text is composed to NFC.
    var composes = false
    /// How spaces are marked, if they are.
    var spaces: SpaceMarker?

    /// Text after normalisation, and where it differs from the text before.
    struct Result: Equatable {
        var bytes: [UInt8]
        /// The replaced stretches: where they were in the input, where their replacement is in ``bytes``.
        var edits: [Edit]

        /// Appends what replaces `input`.
        mutating func replace(_ input: Range<Int>, with output: some Collection<UInt8>) {
            let start = bytes.count
            bytes.append(contentsOf: output)
            edits.append(Edit(input: input, output: start..<bytes.count))
        }

        /// Where a place of the input, which begins at `base`, is in the output.
        func place(of position: Int, base: Int) -> Int {
            guard let edit = edits.last(where: { $0.input.lowerBound < position }) else {
                return position - base
            }
            return position < edit.input.upperBound
                ? edit.output.upperBound : position - edit.input.upperBound + edit.output.upperBound
        }
    }

    /// A stretch that was replaced.
    struct Edit: Equatable {
        var input: Range<Int>
        var output: Range<Int>
    }

    /// The normalised form of `range` of a text, or nil where that is the text as it is.
    ///
    /// The quick check of UAX #15 §9 passes nearly all text untouched. What it does not pass is a run of scalars
    /// that may combine, with the one scalar before them: only such runs are composed. Which scalars combine is
    /// decided by ``ScalarClasses``, of the Unicode version that the reference uses.
    func normalize(_ text: UnsafeBufferPointer<UInt8>, in range: Range<Int>) -> Result? {
        if let spaces { return spaces.marked(text, in: range, isBeginning: range.lowerBound == 0) }
        guard composes else { return nil }
        let classes = ScalarClasses.shared
        var result: Result?
        var done = range.lowerBound
        var stable = range.lowerBound
        var position = range.lowerBound
        while position < range.upperBound {
            // No scalar below U+0300 combines, and their first bytes are below 0xCC.
            if text[position] < 0xCC {
                stable = position
                position += text[position] < 0x80 ? 1 : 2
                continue
            }
            let scalar = text.scalar(at: position)
            if classes[scalar.value].isDisjoint(with: .unstable) {
                stable = position
                position += scalar.width
                continue
            }
            let end = endOfUnstableRun(text, position, range.upperBound)
            let run = stable..<end
            position = end
            stable = end
            guard !isComposed(text, run) else { continue }
            let before = UnsafeBufferPointer(rebasing: text[run])
            let after = composed(text, run)
            guard !after.elementsEqual(before) else { continue }
            var changed = result ?? Result(bytes: [], edits: [])
            changed.bytes.append(contentsOf: text[done..<run.lowerBound])
            changed.replace(run, with: after)
            result = changed
            done = end
        }
        result?.bytes.append(contentsOf: text[done..<range.upperBound])
        return result
    }

    /// The normalised form of a whole text.
    func normalize(_ text: [UInt8]) -> [UInt8] {
        text.withUnsafeBufferPointer { normalize($0, in: 0..<$0.count)?.bytes } ?? text
    }

    private func composed(_ text: UnsafeBufferPointer<UInt8>, _ run: Range<Int>) -> [UInt8] {
        var scalars: [UInt32] = []
        var position = run.lowerBound
        while position < run.upperBound {
            let scalar = text.scalar(at: position)
            scalars.append(scalar.value)
            position += scalar.width
        }
        var out = String.UnicodeScalarView()
        out.append(contentsOf: CanonicalForms.shared.composed(scalars).compactMap(Unicode.Scalar.init))
        return Array(String(out).utf8)
    }

    private func endOfUnstableRun(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ limit: Int) -> Int {
        var position = start
        while position < limit {
            let scalar = text.scalar(at: position)
            guard !ScalarClasses.shared[scalar.value].isDisjoint(with: .unstable) else { break }
            position += scalar.width
        }
        return position
    }

    /// Whether a run is in NFC for sure: nothing in it recomposes, and its marks are in canonical order.
    private func isComposed(_ text: UnsafeBufferPointer<UInt8>, _ run: Range<Int>) -> Bool {
        var position = run.lowerBound
        var last: UInt8 = 0
        while position < run.upperBound {
            let scalar = text.scalar(at: position)
            position += scalar.width
            let kind = ScalarClasses.shared[scalar.value]
            if kind.contains(.recomposed) { return false }
            guard kind.contains(.combining) else { continue }
            let order = Unicode.Scalar(scalar.value)?.properties.canonicalCombiningClass.rawValue ?? 0
            if order < last { return false }
            last = order
        }
        return true
    }
}
