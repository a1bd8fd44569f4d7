/// Noise that is a function of a key and an element's place, so that packing does not change it and a resumed run draws
/// the same.
///
/// Method: SplitMix64 (Steele, Lea and Flood 2014), whose state is a counter.
public struct UniformNoise: Sendable {
    /// Names the stream; each step has its own.
    public let key: UInt64

    /// Noise of its own for this key.
    public init(key: UInt64) { self.key = key }

    /// Adds to row i of `x [T, C]` numbers in ±`bounds[i]`, drawn as row `rows[i]` of an endless matrix.
    public func add(to x: Tensor, rows: [UInt64], bounds: [Float]) {
        precondition(rows.count == x.rows && bounds.count == x.rows)
        parallelChunks(.dropout, of: x.rows, grain: 8) { chunk in
            for row in chunk {
                let start = x.pointer + row * x.stride
                let stream = Self.mix(Self.mix(key) ^ rows[row])
                for column in 0..<x.columns {
                    let bits = Self.mix(stream &+ UInt64(column) &* 0x9e37_79b9_7f4a_7c15) >> 40
                    start[column] += (Float(bits) * 0x1p-23 - 1) * bounds[row]
                }
            }
        }
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9e37_79b9_7f4a_7c15
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
