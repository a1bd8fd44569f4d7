/// A seeded permutation of `0..<count` that gives any element at once and takes no memory.
///
/// A Feistel network over the smallest square domain that holds `count`, walked on until the result is below
/// it (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002). The same seed and count give the
/// same permutation on every machine.
public struct Permutation: Sendable, Equatable {
    /// How many elements are permuted.
    public let count: Int
    private let key: UInt64
    private let halfBits: UInt64

    /// A permutation.
    ///
    /// - Parameters:
    ///   - count: how many elements.
    ///   - seed: what it depends on.
    ///   - stream: what tells permutations of one seed apart, such as the epoch.
    public init(count: Int, seed: UInt64, stream: UInt64 = 0) {
        self.count = max(0, count)
        key = Self.mixed(Self.mixed(seed) ^ (stream &* 0x9e37_79b9_7f4a_7c15))
        var bits: UInt64 = 1
        while bits < 31, 1 << (2 * bits) < self.count { bits += 1 }
        halfBits = bits
    }

    /// The element at a position.
    ///
    /// - Parameter position: below ``count``.
    public subscript(position: Int) -> Int {
        precondition((0..<count).contains(position), "position \(position) of \(count)")
        var value = UInt64(position)
        repeat { value = encrypted(value) } while value >= UInt64(count)
        return Int(value)
    }

    private func encrypted(_ value: UInt64) -> UInt64 {
        let mask = (1 as UInt64) << halfBits - 1
        var left = value >> halfBits
        var right = value & mask
        for round in 0..<10 as Range<UInt64> {
            (left, right) = (right, left ^ (Self.mixed(key ^ right &+ round << 56) & mask))
        }
        return left << halfBits | right
    }

    /// The finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
    static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
