import MimoData
import MimoModel

/// A number that tells contents apart that must not be mixed up in one run; not a defence against anyone.
///
/// FNV-1a (Fowler, Noll and Vo), 64 bits, word by word.
struct Fingerprint {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    /// The number in hexadecimal.
    var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    mutating func add(_ word: UInt64) {
        // Multiplication only carries bits upwards: the fold brings high ones back.
        let mixed = (state ^ word) &* 0x0000_0100_0000_01b3
        state = mixed ^ (mixed >> 32)
    }

    mutating func add(_ text: String) {
        for byte in text.utf8 { add(UInt64(byte)) }
        add(UInt64.max)
    }

    /// A sample's tokens, labels and weights.
    mutating func add(_ sample: Sample) {
        add(UInt64(sample.ids.count))
        for index in sample.ids.indices {
            add(
                UInt64(UInt32(bitPattern: sample.ids[index])) << 32
                    | UInt64(UInt32(bitPattern: sample.labels[index]))
            )
        }
        for weight in sample.lossScale ?? [] { add(UInt64(weight.bitPattern)) }
    }

    /// A model by its tensors: names, types, shapes, and the first values of each.
    init(of checkpoint: Checkpoint) {
        for file in checkpoint.files {
            for tensor in file.tensors {
                add("\(tensor.name) \(tensor.type.rawValue) \(tensor.shape)")
                let range = tensor.byteRange
                file.withBytes(range.lowerBound..<min(range.lowerBound + 256, range.upperBound)) { bytes in
                    for byte in bytes { add(UInt64(byte)) }
                }
            }
        }
    }

    init() {}
}
