import MimoNumerics

/// The keys and values of one sequence that is being generated, for every layer.
///
/// Per layer and head `[capacity, D]` each, of which the first ``count`` rows are filled. Grows as needed.
public final class KeyValueCache {
    /// What one layer holds.
    struct Layer {
        let keys: HeadRows
        let values: HeadRows
    }

    /// Layers share allocations of at most this many bytes, or have one each that is larger: enough for huge pages,
    /// which the address cache holds better, and no more than that, for a cache that grows holds one of them twice.
    static let allocationBytes = 32 << 20

    private(set) var layers: [Layer] = []
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

    private init(_ config: ModelConfig, layers count: Int, capacity: Int) {
        self.capacity = max(1, capacity)
        layers.reserveCapacity(count)
        while layers.count < count {
            layers += Self.someLayers(
                of: count - layers.count,
                heads: config.keyValueHeadCount,
                size: config.headSize,
                rows: self.capacity
            )
        }
    }

    /// Empty layers of one allocation, as many as belong there.
    private static func someLayers(of count: Int, heads: Int, size: Int, rows: Int) -> [Layer] {
        let layerBytes = 2 * heads * size * rows * 4
        let some = min(count, max(1, allocationBytes / max(1, layerBytes)))
        let rows = HeadRows.zeros(2 * some, heads: heads, size: size, rows: rows)
        return (0..<some).map { Layer(keys: rows[2 * $0], values: rows[2 * $0 + 1]) }
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
        var done = 0
        while done < layers.count {
            let old = layers[done].keys
            let larger = Self.someLayers(
                of: layers.count - done,
                heads: old.heads,
                size: old.size,
                rows: rows
            )
            for (place, layer) in zip(done..., larger) {
                layer.keys.rows(0..<count).copy(from: layers[place].keys.rows(0..<count))
                layer.values.rows(0..<count).copy(from: layers[place].values.rows(0..<count))
                layers[place] = layer
            }
            done += larger.count
        }
    }

    /// Writes one layer's rows behind the filled ones; ``advance(by:)`` makes them count.
    func write(layer: Int, keys newKeys: Tensor, values newValues: Tensor) {
        let rows = count..<count + newKeys.rows
        let layer = layers[layer]
        layer.keys.rows(rows).copy(from: HeadRows(newKeys, heads: layer.keys.heads))
        layer.values.rows(rows).copy(from: HeadRows(newValues, heads: layer.values.heads))
    }

    /// Counts rows that all layers have written.
    func advance(by tokens: Int) {
        count += tokens
    }
}
