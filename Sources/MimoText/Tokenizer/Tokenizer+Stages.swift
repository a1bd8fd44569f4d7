// The stages of encoding, one after the other.

extension Tokenizer {
    /// A piece of text after normalisation: an added token, or text to be cut into words.
    struct Piece {
        /// The added token, or nil for text.
        var id: Int32?
        /// Normalised text, of which the piece is a range.
        var text: UnsafeBufferPointer<UInt8>
        var range: Range<Int>
        /// Where the normalised text begins in the text as given, and where it differs from it.
        var base = 0
        var edits: [Normalizer.Edit] = []

        /// The range of the text as given from which a range of the normalised text came.
        func original(_ range: Range<Int>) -> Range<Int> {
            guard !edits.isEmpty, !range.isEmpty else {
                return range.lowerBound + base..<range.upperBound + base
            }
            let first = original(range.lowerBound)
            return first.lowerBound..<max(original(range.upperBound - 1).upperBound, first.lowerBound)
        }

        /// The bytes of the text as given from which one byte of the normalised text came.
        private func original(_ position: Int) -> Range<Int> {
            // The last edit that begins at or before the position.
            var low = 0
            var high = edits.count
            while low < high {
                let middle = (low + high) / 2
                if edits[middle].output.lowerBound <= position { low = middle + 1 } else { high = middle }
            }
            guard low > 0 else { return position + base..<position + base + 1 }
            let edit = edits[low - 1]
            if edit.output.contains(position) { return edit.input }
            let shift = edit.input.upperBound - edit.output.upperBound
            return position + shift..<position + shift + 1
        }
    }

    /// Cuts added tokens out of the text, normalises what is between them, and cuts out those that are looked
    /// for in normalised text.
    func forEachPiece(
        of text: UnsafeBufferPointer<UInt8>,
        own: OwnWords,
        spelled: inout Int,
        into ids: inout [Int32],
        _ body: (Piece, inout [Int32], inout EncodingWorkspace) -> Void
    ) {
        var workspace = parts.workspaces.take()
        defer { parts.workspaces.give(workspace) }
        let matchers = parts.matchers
        for raw in matchers.raw.pieces(of: text, in: 0..<text.count, own: own, spelled: &spelled) {
            if raw.id != nil {
                body(Piece(id: raw.id, text: text, range: raw.range), &ids, &workspace)
                continue
            }
            guard let changed = parts.normalizer.normalize(text, in: raw.range) else {
                let pieces = matchers.normalized.pieces(of: text, in: raw.range, own: own, spelled: &spelled)
                for piece in pieces {
                    forText(Piece(id: piece.id, text: text, range: piece.range)) {
                        body($0, &ids, &workspace)
                    }
                }
                continue
            }
            let start = raw.range.lowerBound
            let moved = OwnWords(
                own.ranges.lazy.map { $0.clamped(to: raw.range) }.filter { !$0.isEmpty }.map {
                    changed.place(
                        of: $0.lowerBound,
                        base: start
                    )..<changed.place(of: $0.upperBound, base: start)
                },
                parsesSpecial: own.parsesSpecial
            )
            changed.bytes.withUnsafeBufferPointer { bytes in
                let pieces = matchers.normalized.pieces(
                    of: bytes,
                    in: 0..<bytes.count,
                    own: moved,
                    spelled: &spelled
                )
                for piece in pieces {
                    let piece = Piece(
                        id: piece.id,
                        text: bytes,
                        range: piece.range,
                        base: start,
                        edits: changed.edits
                    )
                    body(piece, &ids, &workspace)
                }
            }
        }
    }

    /// Hands on an added token as it is, and text with its spaces marked where the pre-tokenizer does that.
    private func forText(_ piece: Piece, _ body: (Piece) -> Void) {
        guard piece.id == nil, let spaces = parts.preTokenizer.spaces else { return body(piece) }
        let marked = spaces.marked(piece.text, in: piece.range, isBeginning: piece.range.lowerBound == 0)
        marked.bytes.withUnsafeBufferPointer { bytes in
            body(
                Piece(
                    text: bytes,
                    range: 0..<bytes.count,
                    base: piece.range.lowerBound,
                    edits: marked.edits
                )
            )
        }
    }

    func encodeWords(
        of text: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        _ workspace: inout EncodingWorkspace,
        into ids: inout [Int32]
    ) {
        workspace.wordEnds.removeAll(keepingCapacity: true)
        parts.preTokenizer.appendWordEnds(of: text, in: range, to: &workspace.wordEnds)
        var start = range.lowerBound
        for end in workspace.wordEnds {
            let word = UnsafeBufferPointer(rebasing: text[start..<end])
            if word.count <= WordCache.longestWord {
                let key = WordCache.Key(text, start, end)
                if !workspace.cache.append(key, to: &ids) {
                    let first = ids.count
                    parts.encoder.encode(
                        word,
                        vocabulary: parts.vocabulary,
                        scratch: &workspace.scratch,
                        into: &ids
                    )
                    workspace.cache.insert(key, ids[first...])
                }
            } else {
                parts.encoder.encode(
                    word,
                    vocabulary: parts.vocabulary,
                    scratch: &workspace.scratch,
                    into: &ids
                )
            }
            start = end
        }
    }

    /// The bytes of a (normalised) text that became a token: its own, with dropped bytes of the text in front and
    /// between.
    @inline(__always)
    func span(of id: Int32, in text: UnsafeBufferPointer<UInt8>, from start: Int) -> Range<Int> {
        if parts.keepsBytes {
            return start..<min(start + parts.decoding.byteCount(of: id, parts.vocabulary), text.count)
        }
        return parts.vocabulary.withBytes(of: id) { bytes in
            var first: Int?
            var position = start
            for byte in bytes {
                while position < text.count, text[position] != byte { position += 1 }
                if first == nil { first = position }
                position = min(position + 1, text.count)
            }
            return (first ?? start)..<position
        }
    }
}
