/// The weights that each thread has packed for itself: one group of columns at a time.
struct PackedColumns {
    /// Floats before a thread's weights, a cache line, of which one says which group they are.
    private static let header = 16

    private let base: UnsafeMutablePointer<Float>
    private let stride: Int

    /// Floats that threads need for groups of so many.
    static func floats(workers: Int, group: Int) -> Int { workers * (header + (group + 15) / 16 * 16) }

    /// Places in `memory`, where nothing is packed yet.
    init(_ memory: TensorStorage, workers: Int, group: Int) {
        base = memory.base.assumingMemoryBound(to: Float.self)
        stride = Self.floats(workers: 1, group: group)
        for worker in 0..<workers { base[worker * stride] = -1 }
    }

    /// A group's packed weights; packs them where the thread's last group was another one.
    func packed(_ group: ColumnGroup, of block: ProductBlock, worker: Int) -> UnsafePointer<Float> {
        let place = base + worker * stride
        if place[0] != Float(group.number) {
            block.pack(group.panels, into: place + Self.header)
            place[0] = Float(group.number)
        }
        return UnsafePointer(place + Self.header)
    }
}
