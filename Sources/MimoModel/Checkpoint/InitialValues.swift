#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Random numbers that are a function of a seed, a name and an index, so that their order of use does not matter.
///
/// Method: SplitMix64 (Steele, Lea and Flood 2014), whose state is a counter.
package struct InitialValues {
    private let key: UInt64

    /// The numbers of one tensor.
    package init(seed: UInt64, name: String) {
        // FNV-1a of the name keeps streams of different tensors apart.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        key = Self.mix(Self.mix(seed) ^ hash)
    }

    /// Numbers in [-bound, bound), each with 24 random bits.
    package func uniform(count: Int, bound: Float) -> [Float] {
        (0..<count).map { index in
            let bits = Self.mix(key &+ UInt64(index) &* 0x9e37_79b9_7f4a_7c15) >> 40
            return (Float(bits) * 0x1p-23 - 1) * bound
        }
    }

    /// Normal numbers with this standard deviation (Box and Muller 1958), the stream's from `start` on.
    package func normal(from start: Int = 0, count: Int, deviation: Float) -> [Float] {
        (start..<start + count).map { index in
            let first = Self.mix(key &+ UInt64(2 * index) &* 0x9e37_79b9_7f4a_7c15) >> 11
            let second = Self.mix(key &+ UInt64(2 * index + 1) &* 0x9e37_79b9_7f4a_7c15) >> 11
            // In (0, 1], so that the logarithm is finite.
            let radius = (-2 * log((Double(first) + 1) * 0x1p-53)).squareRoot()
            return Float(radius * cos(2 * Double.pi * Double(second) * 0x1p-53)) * deviation
        }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
