/// The merges of a byte pair encoding: for two neighbouring tokens, the rank of their merge and what it makes.
///
/// A flat table with linear probing, keyed by both ids in one word. The value has the rank in its upper half,
/// so that the smaller value is the merge that comes first.
struct MergeTable: Sendable {
    private struct Slot {
        var key: UInt64
        var value: UInt64
    }

    private var slots: [Slot]
    private var shift: UInt64
    private(set) var count = 0

    /// What a pair that does not merge has for a value: behind every rank.
    static let none = UInt64.max
    private static let empty = UInt64.max

    /// An empty table with room for about `capacity` merges.
    init(capacity: Int) {
        var bits = 8
        while 1 << bits < capacity + capacity / 2 { bits += 1 }
        self.init(bits: bits)
    }

    private init(bits: Int) {
        slots = [Slot](repeating: Slot(key: Self.empty, value: Self.none), count: 1 << bits)
        shift = UInt64(64 - bits)
    }

    /// Adds the next merge, behind all others in rank.
    ///
    /// - Returns: false where the pair already has one, which stays.
    mutating func append(_ left: Int32, _ right: Int32, makes merged: Int32) -> Bool {
        if (count + 1) * 4 > slots.count * 3 { grow() }
        let slot = find(Self.key(left, right))
        guard slots[slot].key == Self.empty else { return false }
        slots[slot] = Slot(
            key: Self.key(left, right),
            value: UInt64(count) << 32 | UInt64(UInt32(bitPattern: merged))
        )
        count += 1
        return true
    }

    private mutating func grow() {
        var larger = MergeTable(bits: slots.count.trailingZeroBitCount + 1)
        for slot in slots where slot.key != Self.empty { larger.slots[larger.find(slot.key)] = slot }
        larger.count = count
        self = larger
    }

    /// The merge of two neighbours, or ``none``.
    @inline(__always)
    func merge(of left: Int32, _ right: Int32) -> UInt64 {
        slots[find(Self.key(left, right))].value
    }

    /// The token that a merge makes.
    @inline(__always)
    static func token(of merge: UInt64) -> Int32 { Int32(truncatingIfNeeded: merge) }

    @inline(__always)
    private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }

    @inline(__always)
    private func find(_ key: UInt64) -> Int {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> shift)
        while slots[slot].key != key, slots[slot].key != Self.empty { slot = (slot + 1) & mask }
        return slot
    }
}
