/// A sample as words: a header, the ids, and runs of equal label and weight.
///
/// Header: number of ids; the highest bit set where there are weights; index of the file; line. A run: its
/// length, with the highest bit set where the ids are learned, and its weight's bits.
enum SampleWords {
    private static let mark: UInt32 = 1 << 31
    private static let headerCount = 4

    static func encoded(_ sample: Sample, path: UInt32) -> [UInt32] {
        var words: [UInt32] = []
        words.reserveCapacity(sample.ids.count + 16)
        words.append(UInt32(sample.ids.count))
        words.append(sample.lossScale == nil ? 0 : mark)
        words.append(path)
        words.append(UInt32(clamping: sample.origin.line))
        words += sample.ids.lazy.map { UInt32(bitPattern: $0) }
        var start = 0
        let kind = { (index: Int) -> (Bool, UInt32) in
            (sample.labels[index] != Sample.ignored, sample.lossScale?[index].bitPattern ?? 0)
        }
        while start < sample.ids.count {
            let first = kind(start)
            var end = start + 1
            while end < sample.ids.count, kind(end) == first { end += 1 }
            words.append(UInt32(end - start) | (first.0 ? mark : 0))
            words.append(first.1)
            start = end
        }
        return words
    }

    /// The sample, or nil where the words are none.
    static func decoded(_ words: [UInt32], paths: [String]) -> Sample? {
        guard words.count >= headerCount, words.count - headerCount >= Int(words[0]),
            Int(words[2]) < paths.count
        else {
            return nil
        }
        let count = Int(words[0])
        let hasScale = words[1] & mark != 0
        let runs = headerCount + count
        guard (words.count - runs).isMultiple(of: 2) else { return nil }
        let ids = words[headerCount..<runs].map { Int32(bitPattern: $0) }
        var labels: [Int32] = []
        labels.reserveCapacity(count)
        var weights: [Float] = []
        for run in stride(from: runs, to: words.count, by: 2) {
            let start = labels.count
            let end = start + Int(words[run] & ~mark)
            guard end <= count else { return nil }
            if words[run] & mark != 0 {
                labels += ids[start..<end]
            } else {
                labels += [Int32](repeating: Sample.ignored, count: end - start)
            }
            if hasScale {
                weights += [Float](repeating: Float(bitPattern: words[run + 1]), count: end - start)
            }
        }
        guard labels.count == count else { return nil }
        return Sample(
            ids: ids,
            labels: labels,
            lossScale: hasScale ? weights : nil,
            origin: RowOrigin(path: paths[Int(words[2])], line: Int(words[3]))
        )
    }
}
