import MimoNumerics

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Cosines and sines of the rotary angles of given positions, `[T, D/2]` each.
struct RotaryTable: Sendable {
    let cosines: Tensor
    let sines: Tensor

    /// Angles are formed in float and their functions taken in double, as close to the references' float
    /// tables as rounding allows.
    init(positions: [Int], frequencies: RotaryFrequencies) {
        let half = frequencies.inverseFrequencies.count
        var cosines: [Float] = []
        var sines: [Float] = []
        cosines.reserveCapacity(positions.count * half)
        sines.reserveCapacity(positions.count * half)
        for position in positions {
            for frequency in frequencies.inverseFrequencies {
                let angle = Double(Float(position) * frequency)
                cosines.append(Float(cos(angle)) * frequencies.attentionFactor)
                sines.append(Float(sin(angle)) * frequencies.attentionFactor)
            }
        }
        self.cosines = Tensor(cosines, rows: positions.count, columns: half)
        self.sines = Tensor(sines, rows: positions.count, columns: half)
    }

    private init(cosines: Tensor, sines: Tensor) {
        self.cosines = cosines
        self.sines = sines
    }

    /// The angles of some of the rows.
    func gathered(_ rows: [Int]) -> RotaryTable {
        let table = RotaryTable(
            cosines: Tensor(rows: rows.count, columns: cosines.columns),
            sines: Tensor(rows: rows.count, columns: sines.columns)
        )
        Elementwise.gatherRows(table.cosines, from: cosines, rows)
        Elementwise.gatherRows(table.sines, from: sines, rows)
        return table
    }
}
