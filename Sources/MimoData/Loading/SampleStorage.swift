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

    private func decoded(_ words: ArraySlice<UInt32>) -> Sample {
        // What the builder wrote is well formed.
        SampleWords.decoded(Array(words), paths: paths) ?? Sample(ids: [], labels: [])
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
            words += SampleWords.encoded(sample, path: index(of: sample.origin.path))
            lengths.append(UInt32(sample.ids.count))
            counted.append(UInt32(sample.countedTokens))
            offsets.append(scratchCount + words.count)
            if words.count > memory { try moveToDisk() }
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
