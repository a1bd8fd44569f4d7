/// Learns which pairs of tokens to merge: byte pair encoding (Sennrich, Haddow and Birch, 2016) over bytes.
///
/// The most frequent pair is merged first; of equally frequent ones, the pair of the lowest ids. So the outcome
/// depends on the counted words alone.
struct BytePairTrainer {
    /// A pair of tokens that becomes one.
    struct Pair: Hashable {
        var left: Int32
        var right: Int32
    }

    private struct Word {
        var tokens: [Int32]
        let count: Int
    }

    /// The bytes of each token: first the 256 bytes, in the order given, then the merges.
    private(set) var tokens: [[UInt8]]
    /// What was merged, in order.
    private(set) var merges: [Pair] = []

    private var words: [Word]
    private var counts: [Pair: Int] = [:]
    /// The words in which a pair has occurred.
    private var places: [Pair: Set<Int>] = [:]
    private let longestToken: Int

    /// - Parameters:
    ///   - counted: how often each word occurs.
    ///   - bytes: all 256 bytes in the order of their ids.
    ///   - longestToken: no token is longer, in bytes.
    init(_ counted: [[UInt8]: Int], bytes: [UInt8], longestToken: Int) {
        var ids = [Int32](repeating: 0, count: 256)
        for (id, byte) in bytes.enumerated() { ids[Int(byte)] = Int32(id) }
        tokens = bytes.map { [$0] }
        words = counted.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { word in
            Word(tokens: word.key.map { ids[Int($0)] }, count: word.value)
        }
        self.longestToken = longestToken
        for place in words.indices { note(place, sign: 1) }
    }

    /// Merges until there are `size` tokens, or no pair occurs twice.
    mutating func learn(upTo size: Int) {
        while tokens.count < size, let pair = best() { merge(pair) }
    }

    private func best() -> Pair? {
        var best: (pair: Pair, count: Int)?
        for (pair, count) in counts where count > 1 {
            guard let found = best else {
                if fits(pair) { best = (pair, count) }
                continue
            }
            let isBefore =
                count != found.count
                ? count > found.count
                : (pair.left, pair.right) < (found.pair.left, found.pair.right)
            if isBefore, fits(pair) { best = (pair, count) }
        }
        return best?.pair
    }

    private func fits(_ pair: Pair) -> Bool {
        tokens[Int(pair.left)].count + tokens[Int(pair.right)].count <= longestToken
    }

    private mutating func merge(_ pair: Pair) {
        let merged = Int32(tokens.count)
        tokens.append(tokens[Int(pair.left)] + tokens[Int(pair.right)])
        merges.append(pair)
        for place in places[pair] ?? [] {
            note(place, sign: -1)
            words[place].tokens = Self.merging(words[place].tokens, pair, merged)
            note(place, sign: 1)
        }
        counts[pair] = nil
        places[pair] = nil
    }

    private static func merging(_ tokens: [Int32], _ pair: Pair, _ merged: Int32) -> [Int32] {
        var result: [Int32] = []
        var place = 0
        while place < tokens.count {
            if place + 1 < tokens.count, tokens[place] == pair.left, tokens[place + 1] == pair.right {
                result.append(merged)
                place += 2
            } else {
                result.append(tokens[place])
                place += 1
            }
        }
        return result
    }

    /// Adds the pairs of a word to the counts, or takes them away.
    private mutating func note(_ place: Int, sign: Int) {
        let word = words[place]
        for (left, right) in zip(word.tokens, word.tokens.dropFirst()) {
            let pair = Pair(left: left, right: right)
            counts[pair, default: 0] += sign * word.count
            if sign > 0 { places[pair, default: []].insert(place) }
        }
    }
}
