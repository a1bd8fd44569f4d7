extension TrainingPack {
    /// One row: its tokens, what is learned from them, and its number in the run.
    public struct Row: Sendable, Equatable {
        /// Token ids.
        public var ids: [Int32]
        /// Labels, -100 where nothing is learned; the first is never used.
        public var labels: [Int32]
        /// Factors of the labels' cross entropy; nil: 1 everywhere.
        public var weights: [Float]?
        /// The row's number in the run, by which dropout draws.
        public var number: Int

        /// A row.
        public init(ids: [Int32], labels: [Int32], weights: [Float]? = nil, number: Int) {
            precondition(labels.count == ids.count && (weights?.count ?? ids.count) == ids.count)
            self.ids = ids
            self.labels = labels
            self.weights = weights
            self.number = number
        }

        /// How many tokens the loss reads: nothing reads what stands behind the last scored token.
        public var neededTokens: Int { labels.indices.dropFirst().last { labels[$0] >= 0 } ?? 0 }
    }

    /// A pack of rows, each cut behind its last scored token; a row that scores nothing is left out.
    ///
    /// Logits at t are scored against `labels[t + 1]`.
    ///
    /// - Parameters:
    ///   - rows: The rows.
    ///   - sharedTokens: Rows that begin with the same tokens, at least this many, compute them once, and their
    ///     gradients flow together there; nil keeps all rows apart. What is learned is the same.
    public init(rows: [Row], sharedTokens: Int? = nil) {
        self.init(ids: [], layout: PackLayout(), targets: [], tokenKeys: [])
        let needed = rows.filter { $0.neededTokens > 0 }
        if let sharedTokens {
            appendTree(needed, from: 0, parent: nil, sharedTokens: max(1, sharedTokens))
        } else {
            for row in needed { appendSegment(of: [row], 0..<row.neededTokens, parent: nil) }
        }
        targets.sort { $0.token < $1.token }
    }

    /// Appends what the rows, equal before `start`, hold from there on.
    private mutating func appendTree(_ rows: [Row], from start: Int, parent: Int?, sharedTokens: Int) {
        for group in Self.groups(rows, from: start, sharedTokens: sharedTokens) {
            guard group.count > 1 else {
                let row = group[0]
                appendSegment(of: group, start..<row.neededTokens, parent: parent)
                continue
            }
            let end = Self.commonEnd(group, from: start)
            let segment = appendSegment(of: group, start..<end, parent: parent)
            appendTree(
                group.filter { $0.neededTokens > end },
                from: end,
                parent: segment,
                sharedTokens: sharedTokens
            )
        }
    }

    /// Appends one segment that all the rows share, and their targets in it.
    @discardableResult
    private mutating func appendSegment(of rows: [Row], _ range: Range<Int>, parent: Int?) -> Int {
        let offset = ids.count - range.lowerBound
        ids += rows[0].ids[range]
        rowLengths += Array(repeating: rows[0].ids.count, count: range.count)
        tokenKeys += range.map { UInt64(rows[0].number) << 24 | UInt64($0) }
        for row in rows {
            targets += range.compactMap { place in
                guard place + 1 < row.labels.count, row.labels[place + 1] >= 0 else { return nil }
                return Target(
                    token: place + offset,
                    label: row.labels[place + 1],
                    weight: row.weights?[place + 1] ?? 1
                )
            }
        }
        return layout.append(count: range.count, parent: parent)
    }

    /// The rows in groups whose next `sharedTokens` tokens are equal; a row that has fewer stays alone.
    private static func groups(_ rows: [Row], from start: Int, sharedTokens: Int) -> [[Row]] {
        var order: [[Row]] = []
        var places: [ArraySlice<Int32>: Int] = [:]
        for row in rows {
            guard row.neededTokens >= start + sharedTokens else {
                order.append([row])
                continue
            }
            let key = row.ids[start..<start + sharedTokens]
            if let place = places[key] {
                order[place].append(row)
            } else {
                places[key] = order.count
                order.append([row])
            }
        }
        return order
    }

    /// Where the rows' common tokens end, and no later than the shortest row.
    private static func commonEnd(_ rows: [Row], from start: Int) -> Int {
        let shortest = rows.map(\.neededTokens).min() ?? start
        return rows.dropFirst().reduce(shortest) { end, row in
            (start..<end).first { row.ids[$0] != rows[0].ids[$0] } ?? end
        }
    }
}
