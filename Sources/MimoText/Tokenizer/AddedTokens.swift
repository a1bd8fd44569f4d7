/// A token that is found in the text as such, before anything else looks at it.
struct AddedToken: Sendable, Equatable {
    var content: [UInt8]
    var id: Int32
    /// Control tokens: left out when decoding without special tokens, and text where specials are not parsed.
    var isSpecial = false
    /// Takes the white space before it.
    var stripsLeft = false
    /// Takes the white space behind it.
    var stripsRight = false
    /// Is found only where no word character touches it.
    var isSingleWord = false
    /// Is looked for in the normalised text instead of the text as given.
    var isNormalized = false
}

/// Finds added tokens in text: the leftmost, and of those that start there the longest.
struct AddedTokenMatcher: Sendable {
    /// A piece of text: a token, or what is between tokens.
    struct Piece: Equatable {
        /// The token's id, or nil for plain text.
        var id: Int32?
        var range: Range<Int>
    }

    /// A node of the trie; children of one node are a chain of siblings.
    private struct Node {
        var byte: UInt8
        /// The index into `tokens` of the one that ends here, or -1.
        var token: Int32 = -1
        var child: Int32 = -1
        var sibling: Int32 = -1
    }

    /// The tokens that are found.
    private(set) var tokens: [AddedToken] = []
    private var nodes: [Node] = []
    /// The node of each first byte, or -1: most bytes of a text are done with here.
    private var roots = [Int32](repeating: -1, count: 256)

    /// A matcher of these tokens; of two with the same content the first is found.
    init(_ tokens: [AddedToken]) {
        for token in tokens where !token.content.isEmpty { add(token) }
    }

    /// Whether there is nothing to find.
    var isEmpty: Bool { tokens.isEmpty }

    private mutating func add(_ token: AddedToken) {
        var node = roots[Int(token.content[0])]
        if node < 0 {
            node = append(token.content[0])
            roots[Int(token.content[0])] = node
        }
        for byte in token.content.dropFirst() { node = child(of: node, byte) ?? appendChild(of: node, byte) }
        if nodes[Int(node)].token < 0 {
            nodes[Int(node)].token = Int32(tokens.count)
            tokens.append(token)
        }
    }

    private mutating func append(_ byte: UInt8) -> Int32 {
        nodes.append(Node(byte: byte))
        return Int32(nodes.count - 1)
    }

    private mutating func appendChild(of parent: Int32, _ byte: UInt8) -> Int32 {
        let node = append(byte)
        nodes[Int(node)].sibling = nodes[Int(parent)].child
        nodes[Int(parent)].child = node
        return node
    }

    private func child(of node: Int32, _ byte: UInt8) -> Int32? {
        var child = nodes[Int(node)].child
        while child >= 0 {
            if nodes[Int(child)].byte == byte { return child }
            child = nodes[Int(child)].sibling
        }
        return nil
    }

    /// Cuts `range` of a text into tokens and what is between them, which is never empty.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - range: what is cut up.
    ///   - own: where control tokens count otherwise.
    ///   - spelled: is increased by how many control tokens are spelled out there.
    /// - Returns: the pieces, in order.
    func pieces(
        of text: UnsafeBufferPointer<UInt8>,
        in range: Range<Int>,
        own: OwnWords,
        spelled: inout Int
    ) -> [Piece] {
        guard !range.isEmpty else { return [] }
        guard !isEmpty else { return [Piece(id: nil, range: range)] }
        var pieces: [Piece] = []
        var done = range.lowerBound
        var position = range.lowerBound
        var nextOwn = 0
        while position < range.upperBound {
            guard roots[Int(text[position])] >= 0 else {
                position += 1
                continue
            }
            while nextOwn < own.ranges.count, own.ranges[nextOwn].upperBound <= position { nextOwn += 1 }
            let match = longestMatch(
                in: text,
                at: position,
                limit: range.upperBound,
                ownStart: nextOwn < own.ranges.count ? own.ranges[nextOwn].lowerBound : range.upperBound,
                parsesOwn: own.parsesSpecial
            )
            if match.isSpelled { spelled += 1 }
            guard let (token, end) = match.found else {
                position += 1
                continue
            }
            var taken = position..<end
            position = end
            if token.isSingleWord, touchesWord(text, taken, within: range) { continue }
            if token.stripsLeft {
                taken = max(done, spaceStart(text, taken.lowerBound, range))..<taken.upperBound
            }
            if token.stripsRight { taken = taken.lowerBound..<spaceEnd(text, taken.upperBound, range) }
            if done < taken.lowerBound { pieces.append(Piece(id: nil, range: done..<taken.lowerBound)) }
            pieces.append(Piece(id: token.id, range: taken))
            // As in the reference, a token of white space is still found where the one before took that space.
            done = taken.upperBound
        }
        if done < range.upperBound { pieces.append(Piece(id: nil, range: done..<range.upperBound)) }
        return pieces
    }

    /// The longest token at a place, and whether a control token there reaches beyond `ownStart`, where own words
    /// begin; it counts only where `parsesOwn` says so.
    private func longestMatch(
        in text: UnsafeBufferPointer<UInt8>,
        at start: Int,
        limit: Int,
        ownStart: Int,
        parsesOwn: Bool
    ) -> (found: (token: AddedToken, end: Int)?, isSpelled: Bool) {
        var found: (token: Int32, end: Int)?
        var isSpelled = false
        var node: Int32? = roots[Int(text[start])]
        var position = start + 1
        while let current = node {
            let token = nodes[Int(current)].token
            if token >= 0 {
                let isOwn = position > ownStart && tokens[Int(token)].isSpecial
                if isOwn { isSpelled = true }
                if !isOwn || parsesOwn { found = (token, position) }
            }
            guard position < limit else { break }
            node = child(of: current, text[position])
            position += 1
        }
        return (found.map { (tokens[Int($0.token)], $0.end) }, isSpelled)
    }

    // MARK: Flags

    private func touchesWord(
        _ text: UnsafeBufferPointer<UInt8>,
        _ match: Range<Int>,
        within range: Range<Int>
    ) -> Bool {
        if match.lowerBound > range.lowerBound, isWord(text.scalar(before: match.lowerBound)) { return true }
        return match.upperBound < range.upperBound && isWord(text.scalar(at: match.upperBound))
    }

    /// `\w`: letters and other alphabetics, marks, decimal digits, connectors, joiners (UTS #18).
    private func isWord(_ scalar: ScalarWidth) -> Bool {
        guard let properties = Unicode.Scalar(scalar.value)?.properties else { return false }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }

    private func spaceStart(_ text: UnsafeBufferPointer<UInt8>, _ end: Int, _ range: Range<Int>) -> Int {
        var position = end
        while position > range.lowerBound {
            let scalar = text.scalar(before: position)
            guard ScalarClasses.shared[scalar.value].contains(.whitespace) else { break }
            position -= scalar.width
        }
        return position
    }

    private func spaceEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ range: Range<Int>) -> Int {
        var position = start
        while position < range.upperBound {
            let scalar = text.scalar(at: position)
            guard ScalarClasses.shared[scalar.value].contains(.whitespace) else { break }
            position += scalar.width
        }
        return position
    }
}
