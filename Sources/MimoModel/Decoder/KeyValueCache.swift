import MimoNumerics

/// The keys and values of one sequence that is being generated, for every layer.
///
/// Per layer and head `[capacity, D]` each, of which the first ``count`` rows are filled. Grows as needed.
public final class KeyValueCache {
    private(set) var keys: [HeadRows]
    private(set) var values: [HeadRows]
    /// Number of tokens whose keys and values are held.
    public private(set) var count = 0
    private var capacity: Int

    /// An empty cache for a model, with room for `capacity` tokens at first.
    public convenience init(_ config: ModelConfig, capacity: Int = 256) {
        self.init(config, layers: config.layerCount, capacity: capacity)
    }

    /// An empty cache for a model's layer for multi-token prediction.
    public convenience init(predicting config: ModelConfig, capacity: Int = 256) {
        self.init(config, layers: 1, capacity: capacity)
    }

    private init(_ config: ModelConfig, layers: Int, capacity: Int) {
        self.capacity = max(1, capacity)
        let rows = self.capacity
        func empty() -> [HeadRows] {
            (0..<layers).map { _ in
                HeadRows(heads: config.keyValueHeadCount, size: config.headSize, rows: rows)
            }
        }
        keys = empty()
        values = empty()
    }

    /// Forgets all tokens from `count` on.
    public func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count)
        self.count = count
    }

    /// Makes room for so many tokens in all, and no more: for whoever knows how long the sequence may become.
    public func reserve(inAll tokens: Int) {
        if tokens > capacity { grow(to: tokens) }
    }

    /// Makes room for `tokens` more.
    func reserve(_ tokens: Int) {
        if count + tokens > capacity { grow(to: max(capacity * 2, count + tokens)) }
    }

    private func grow(to rows: Int) {
        capacity = rows
        for layer in keys.indices {
            keys[layer] = grown(keys[layer])
            values[layer] = grown(values[layer])
        }
    }

    /// Writes one layer's rows behind the filled ones; ``advance(by:)`` makes them count.
    func write(layer: Int, keys newKeys: Tensor, values newValues: Tensor) {
        let rows = count..<count + newKeys.rows
        keys[layer].rows(rows).copy(from: HeadRows(newKeys, heads: keys[layer].heads))
        values[layer].rows(rows).copy(from: HeadRows(newValues, heads: values[layer].heads))
    }

    /// Counts rows that all layers have written.
    func advance(by tokens: Int) {
        count += tokens
    }

    private func grown(_ rows: HeadRows) -> HeadRows {
        let larger = HeadRows(heads: rows.heads, size: rows.size, rows: capacity)
        larger.rows(0..<count).copy(from: rows.rows(0..<count))
        return larger
    }
}
