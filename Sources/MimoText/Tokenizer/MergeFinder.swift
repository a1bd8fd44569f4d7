/// Finds the ids of a merge by its spelling: of both parts, and of what they make.
struct MergeFinder: CustomStringConvertible {
    /// The left part's spelling.
    var left: [UInt8] = []
    /// The right part's spelling.
    var right: [UInt8] = []
    private var bytes: [UInt8] = []
    /// What the merge before this one made: mostly, ids follow the order of the merges.
    private var lastMerged: Int32 = -1

    /// Begins the next merge.
    mutating func removeAll() {
        left.removeAll(keepingCapacity: true)
        right.removeAll(keepingCapacity: true)
    }

    /// Moves what is behind the only space of the left part to the right part.
    ///
    /// - Returns: false where there is not exactly one space.
    mutating func splitAtSpace() -> Bool {
        let space = UInt8(ascii: " ")
        guard let cut = left.firstIndex(of: space), !left[(cut + 1)...].contains(space) else { return false }
        right.append(contentsOf: left[(cut + 1)...])
        left.removeSubrange(cut...)
        return true
    }

    /// The ids of the left part, the right part and the whole, or nil where one is not in the vocabulary.
    mutating func find(in vocabulary: borrowing Vocabulary) -> (left: Int32, right: Int32, merged: Int32)? {
        bytes.removeAll(keepingCapacity: true)
        guard vocabulary.decode(left[...], into: &bytes) else { return findBySpelling(in: vocabulary) }
        let cut = bytes.count
        guard vocabulary.decode(right[...], into: &bytes) else { return findBySpelling(in: vocabulary) }
        let guess = lastMerged + 1
        let found: (Int32, Int32, Int32)? = bytes.withUnsafeBufferPointer { bytes in
            guard let left = vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: bytes[..<cut])),
                let right = vocabulary.id(ofBytes: UnsafeBufferPointer(rebasing: bytes[cut...])),
                let merged = vocabulary.isToken(guess, bytes) ? guess : vocabulary.id(ofBytes: bytes)
            else { return nil }
            return (left, right, merged)
        }
        if let found { lastMerged = found.2 }
        return found
    }

    private func findBySpelling(in vocabulary: borrowing Vocabulary) -> (Int32, Int32, Int32)? {
        guard let first = vocabulary.id(ofSpelling: left), let second = vocabulary.id(ofSpelling: right),
            let merged = vocabulary.id(ofSpelling: left + right)
        else { return nil }
        return (first, second, merged)
    }

    var description: String {
        "\"\(String(decoding: left, as: UTF8.self)) \(String(decoding: right, as: UTF8.self))\""
    }
}
