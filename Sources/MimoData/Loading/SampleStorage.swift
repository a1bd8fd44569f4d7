internal import MimoFiles

/// Samples as words, one behind the other: a header, the ids, and runs of equal label and weight.
struct SampleStorage: Sendable {
    /// Where samples begin, in words, and where the last ends.
    private let offsets: [Int]
    private let lengths: [UInt32]
    private let counted: [UInt32]
    private let paths: [String]
    /// The words that were put on disk: the first ones.
    private let scratch: ScratchFile?
    private let scratchCount: Int
    private let words: [UInt32]

    func length(of index: Int) -> Int { Int(lengths[index]) }

    func countedTokens(of index: Int) -> Int { Int(counted[index]) }

    func sample(_ index: Int) throws -> Sample {
        let start = offsets[index]
        let count = offsets[index + 1] - start
        if let scratch, start < scratchCount { return decoded(try scratch.read(count, at: start)[...]) }
        return decoded(words[(start - scratchCount)..<(start - scratchCount + count)])
    }

    private static let labelled: UInt32 = 1 << 31
    private static let headerCount = 4

    private func decoded(_ words: ArraySlice<UInt32>) -> Sample {
        let base = words.startIndex
        let count = Int(words[base])
        let hasScale = words[base + 1] & Self.labelled != 0
        let runs = base + Self.headerCount + count
        let ids = words[(base + Self.headerCount)..<runs].map { Int32(bitPattern: $0) }
        var labels: [Int32] = []
        labels.reserveCapacity(count)
        var weights: [Float] = []
        for run in stride(from: runs, to: words.endIndex, by: 2) {
            let length = Int(words[run] & ~Self.labelled)
            let start = labels.count
            if words[run] & Self.labelled != 0 {
                labels += ids[start..<(start + length)]
            } else {
                labels += [Int32](repeating: Sample.ignored, count: length)
            }
            if hasScale { weights += [Float](repeating: Float(bitPattern: words[run + 1]), count: length) }
        }
        return Sample(
            ids: ids,
            labels: labels,
            lossScale: hasScale ? weights : nil,
            origin: RowOrigin(path: paths[Int(words[base + 2])], line: Int(words[base + 3]))
        )
    }

    /// Collects samples.
    final class Builder {
        private var offsets = [0]
        private var lengths: [UInt32] = []
        private var counted: [UInt32] = []
        private var paths: [String] = []
        private var pathIndex: [String: UInt32] = [:]
        private var scratch: ScratchFile?
        private var scratchCount = 0
        private var words: [UInt32] = []
        private let memory: Int

        /// - Parameter memory: how many words are kept in memory.
        init(memory: Int = 64 << 20) {
            self.memory = memory
        }

        var count: Int { lengths.count }

        func append(_ sample: Sample) throws {
            let start = words.count
            words.append(UInt32(sample.ids.count))
            words.append(sample.lossScale == nil ? 0 : SampleStorage.labelled)
            words.append(index(of: sample.origin.path))
            words.append(UInt32(clamping: sample.origin.line))
            words += sample.ids.lazy.map { UInt32(bitPattern: $0) }
            appendRuns(of: sample)
            lengths.append(UInt32(sample.ids.count))
            counted.append(UInt32(sample.countedTokens))
            offsets.append(scratchCount + words.count)
            if words.count - start > 0, words.count > memory { try moveToDisk() }
        }

        private func appendRuns(of sample: Sample) {
            var start = 0
            let kind = { (index: Int) -> (Bool, UInt32) in
                (sample.labels[index] != Sample.ignored, sample.lossScale?[index].bitPattern ?? 0)
            }
            while start < sample.ids.count {
                let first = kind(start)
                var end = start + 1
                while end < sample.ids.count, kind(end) == first { end += 1 }
                words.append(UInt32(end - start) | (first.0 ? SampleStorage.labelled : 0))
                words.append(first.1)
                start = end
            }
        }

        private func index(of path: String) -> UInt32 {
            if let index = pathIndex[path] { return index }
            let index = UInt32(paths.count)
            paths.append(path)
            pathIndex[path] = index
            return index
        }

        private func moveToDisk() throws {
            let file = try scratch ?? ScratchFile()
            scratch = file
            try file.write(words, at: scratchCount)
            scratchCount += words.count
            words.removeAll(keepingCapacity: true)
        }

        func finish() -> SampleStorage {
            SampleStorage(
                offsets: offsets,
                lengths: lengths,
                counted: counted,
                paths: paths,
                scratch: scratch,
                scratchCount: scratchCount,
                words: words
            )
        }
    }
}
