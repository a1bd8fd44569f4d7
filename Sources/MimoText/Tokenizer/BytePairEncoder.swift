/// Byte pair encoding of one word: its bytes or characters as tokens, of which the pair with the lowest rank,
/// leftmost first, is merged until no pair merges (Sennrich et al. 2016, as in GPT-2 and SentencePiece).
struct BytePairEncoder: Sendable {
    /// The merges by pair.
    let merges: MergeTable
    /// What a word is at first.
    let symbols: Symbols
    /// Where set, a word that is a token as a whole is taken as that, merges or not.
    let wholeWords: Bool

    /// What a word is before anything is merged.
    enum Symbols: Sendable {
        /// Its bytes. The token of each, or -1: the reference drops a byte that has none, and so do we.
        case bytes([Int32])
        /// Its characters; those that have no token are their bytes, whose tokens these are.
        case characters([Int32])
    }

    /// Room for the work on one word, kept from word to word.
    struct Scratch: Sendable {
        fileprivate var tokens: [Int32] = []
        /// The merge of each token with the one behind it.
        fileprivate var pairs: [UInt64] = []
        fileprivate var next: [Int32] = []
        fileprivate var previous: [Int32] = []
        fileprivate var heap: [HeapEntry] = []
    }

    fileprivate struct HeapEntry: Comparable {
        let merge: UInt64
        let position: Int32

        /// By rank, then from left to right.
        static func < (lhs: HeapEntry, rhs: HeapEntry) -> Bool {
            lhs.merge < rhs.merge || (lhs.merge == rhs.merge && lhs.position < rhs.position)
        }
    }

    /// Words of more bytes than this go through a heap: rescanning all pairs is quadratic, but faster for few.
    private static let scanLimit = 64

    /// Appends the tokens of a word to `output`.
    func encode(
        _ word: UnsafeBufferPointer<UInt8>,
        vocabulary: borrowing Vocabulary,
        scratch: inout Scratch,
        into output: inout [Int32]
    ) {
        if wholeWords, let id = vocabulary.id(ofBytes: word) {
            output.append(id)
            return
        }
        if word.count <= Self.scanLimit {
            encodeByScanning(word, vocabulary: vocabulary, into: &output)
            return
        }
        scratch.tokens.removeAll(keepingCapacity: true)
        forEachSymbol(of: word, vocabulary) { scratch.tokens.append($0) }
        guard !scratch.tokens.isEmpty else { return }
        mergeByHeap(&scratch, into: &output)
    }

    @inline(__always)
    private func forEachSymbol(
        of word: UnsafeBufferPointer<UInt8>,
        _ vocabulary: borrowing Vocabulary,
        _ take: (Int32) -> Void
    ) {
        switch symbols {
        case .bytes(let tokens):
            for byte in word where tokens[Int(byte)] >= 0 { take(tokens[Int(byte)]) }
        case .characters(let byteTokens):
            var position = 0
            while position < word.count {
                let end = position + word.scalar(at: position).width
                let character = UnsafeBufferPointer(rebasing: word[position..<end])
                if let id = vocabulary.id(ofBytes: character) {
                    take(id)
                } else {
                    for byte in character { take(byteTokens[Int(byte)]) }
                }
                position = end
            }
        }
    }

    private func encodeByScanning(
        _ word: UnsafeBufferPointer<UInt8>,
        vocabulary: borrowing Vocabulary,
        into output: inout [Int32]
    ) {
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: Self.scanLimit) { tokens in
            withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.scanLimit) { pairs in
                var count = 0
                forEachSymbol(of: word, vocabulary) { token in
                    tokens[count] = token
                    count += 1
                }
                count = merge(tokens, pairs, count)
                output.append(contentsOf: UnsafeMutableBufferPointer(rebasing: tokens[..<count]))
            }
        }
    }

    /// Merges the tokens in place, going through all pairs for each merge.
    ///
    /// - Returns: how many tokens are left.
    private func merge(
        _ tokens: UnsafeMutableBufferPointer<Int32>,
        _ pairs: UnsafeMutableBufferPointer<UInt64>,
        _ count: Int
    ) -> Int {
        var count = count
        guard count > 1 else { return count }
        for position in 0..<count - 1 {
            pairs[position] = merges.merge(of: tokens[position], tokens[position + 1])
        }
        while count > 1 {
            var best = MergeTable.none
            var position = 0
            for candidate in 0..<count - 1 where pairs[candidate] < best {
                best = pairs[candidate]
                position = candidate
            }
            guard best != MergeTable.none else { break }
            count -= 1
            tokens[position] = MergeTable.token(of: best)
            Self.close(tokens, at: position + 1, count)
            Self.close(pairs, at: position, count - 1)
            if position > 0 { pairs[position - 1] = merges.merge(of: tokens[position - 1], tokens[position]) }
            if position < count - 1 {
                pairs[position] = merges.merge(of: tokens[position], tokens[position + 1])
            }
        }
        return count
    }

    /// Moves what is behind a place one to the front, up to `count` elements in all.
    @inline(__always)
    private static func close<Element>(
        _ elements: UnsafeMutableBufferPointer<Element>,
        at position: Int,
        _ count: Int
    ) {
        guard position < count, let start = elements.baseAddress else { return }
        (start + position).update(from: start + position + 1, count: count - position)
    }

    /// The tokens form a linked list, from which a merge takes one out; the heap holds every pair that merges
    /// or did so once. An entry is stale where the pair at its position has another merge by now.
    private func mergeByHeap(_ scratch: inout Scratch, into output: inout [Int32]) {
        let count = scratch.tokens.count
        scratch.next = (1...Int32(count)).map { $0 }
        scratch.previous = (-1..<Int32(count) - 1).map { $0 }
        scratch.pairs = [UInt64](repeating: MergeTable.none, count: count)
        scratch.heap.removeAll(keepingCapacity: true)
        for position in 0..<count - 1 { updatePair(at: position, &scratch) }

        while let entry = scratch.heap.popSmallest() {
            let position = Int(entry.position)
            guard scratch.pairs[position] == entry.merge else { continue }
            let gone = Int(scratch.next[position])
            let behind = scratch.next[gone]
            scratch.tokens[position] = MergeTable.token(of: entry.merge)
            scratch.pairs[gone] = MergeTable.none
            scratch.next[position] = behind
            if Int(behind) < count { scratch.previous[Int(behind)] = Int32(position) }
            updatePair(at: position, &scratch)
            if scratch.previous[position] >= 0 { updatePair(at: Int(scratch.previous[position]), &scratch) }
        }
        var position = 0
        while position < count {
            output.append(scratch.tokens[position])
            position = Int(scratch.next[position])
        }
    }

    private func updatePair(at position: Int, _ scratch: inout Scratch) {
        let next = Int(scratch.next[position])
        guard next < scratch.tokens.count else {
            scratch.pairs[position] = MergeTable.none
            return
        }
        let merge = merges.merge(of: scratch.tokens[position], scratch.tokens[next])
        scratch.pairs[position] = merge
        if merge != MergeTable.none {
            scratch.heap.insert(HeapEntry(merge: merge, position: Int32(position)))
        }
    }
}

extension [BytePairEncoder.HeapEntry] {
    /// Inserts into a binary min-heap.
    fileprivate mutating func insert(_ entry: Element) {
        append(entry)
        var child = count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard self[child] < self[parent] else { return }
            swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the smallest entry out of a binary min-heap.
    fileprivate mutating func popSmallest() -> Element? {
        guard let smallest = first, let last = popLast() else { return nil }
        guard !isEmpty else { return smallest }
        self[0] = last
        var parent = 0
        while 2 * parent + 1 < count {
            var child = 2 * parent + 1
            if child + 1 < count, self[child + 1] < self[child] { child += 1 }
            guard self[child] < self[parent] else { break }
            swapAt(child, parent)
            parent = child
        }
        return smallest
    }
}
