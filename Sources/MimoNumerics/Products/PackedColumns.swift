/// The weights that each thread has packed for itself: one group of columns at a time.
struct PackedColumns {
    private let weights: UnsafeMutableRawPointer
    /// What each thread's weights are, on a cache line of its own: the products' number and the group's. Apart from the
    /// weights, which lie elsewhere as groups grow.
    private let tags: UnsafeMutableRawPointer
    private let stride: Int
    private let products: Int

    /// Places for groups of so many floats in memory that grows as it is needed; `products` is a number that no earlier
    /// products in this memory had, above 0: what was packed for those counts no more.
    init(
        group: Int,
        workers: Int,
        products: Int,
        weights: inout TensorStorage,
        tags: inout TensorStorage
    ) {
        stride = (group + 15) / 16 * 64
        weights = weights.holding(bytes: workers * stride)
        tags = tags.holding(bytes: workers * 64)
        (self.weights, self.tags, self.products) = (weights.base, tags.base, products)
    }

    /// A group's packed weights; packs them where the thread's last group was another one.
    func packed(_ group: ColumnGroup, of block: ProductBlock, worker: Int) -> UnsafePointer<Float> {
        let tag = (tags + worker * 64).assumingMemoryBound(to: Int.self)
        let place = (weights + worker * stride).assumingMemoryBound(to: Float.self)
        if tag[0] != products || tag[1] != group.number {
            block.pack(group.panels, into: place)
            (tag[0], tag[1]) = (products, group.number)
        }
        return UnsafePointer(place)
    }
}

extension TensorStorage {
    /// Memory for so many bytes: itself where it is large enough.
    fileprivate func holding(bytes: Int) -> TensorStorage {
        byteCount >= bytes ? self : TensorStorage(byteCount: bytes)
    }
}
