/// Random numbers by counter: each is a function of a key and an index, so that what a request draws depends
/// neither on other requests nor on the order in which they run.
///
/// The mixing is SplitMix64's (Steele, Lea and Flood 2014), applied twice.
struct CounterRandom: Sendable {
    private let key: UInt64

    /// The numbers of one stream under a seed.
    init(seed: UInt64, stream: UInt64) {
        key = Self.mix(Self.mix(seed) ^ (stream &* 0x9E37_79B9_7F4A_7C15))
    }

    /// A number from 0 up to but not 1, with 53 bits.
    func uniform(_ index: Int) -> Double {
        let bits = Self.mix(Self.mix(key &+ UInt64(truncatingIfNeeded: index) &* 0x9E37_79B9_7F4A_7C15))
        return Double(bits >> 11) * 0x1p-53
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
