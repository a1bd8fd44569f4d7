import MimoData
import MimoModel

/// How the rows of one optimizer step are divided into packs.
///
/// Any division gives the same loss and gradients; tall packs make fast products, and memory bounds them.
struct PackPlan {
    /// One row of a step, cut to what the loss reads.
    private struct Row {
        let place: Int
        let length: Int
    }

    /// The packs, the longest first.
    let packs: [TrainingPack]
    /// Tokens of the rows, before anything is cut off.
    let tokens: Int
    /// Labels that count.
    let targets: Int

    /// Divides the rows of a step.
    ///
    /// - Parameters:
    ///   - samples: The rows in their order.
    ///   - firstNumber: Number of the first row in the run, by which dropout draws.
    ///   - capacity: Tokens of a pack; nil makes a pack of each `batchSize` rows in their order.
    init(_ samples: [Sample], firstNumber: Int, capacity: Int?, batchSize: Int) {
        tokens = samples.reduce(0) { $0 + $1.ids.count }
        let groups =
            capacity.map { Self.fill(samples, capacity: $0) } ?? Self.chunks(samples.count, batchSize)
        packs = groups.map { places in
            TrainingPack(
                rows: places.map { place in
                    let sample = samples[place]
                    return (sample.ids, sample.labels, sample.lossScale, firstNumber + place)
                }
            )
        }.filter { !$0.targets.isEmpty }
        targets = packs.reduce(0) { $0 + $1.targets.count }
    }

    /// Best fit, the longest row first: a row joins the fullest pack that still has room for it.
    private static func fill(_ samples: [Sample], capacity: Int) -> [[Int]] {
        let rows = samples.enumerated().compactMap { place, sample -> Row? in
            let last = sample.labels.indices.dropFirst().last { sample.labels[$0] >= 0 }
            return last.map { Row(place: place, length: $0) }
        }
        let ordered = rows.sorted { ($1.length, $0.place) < ($0.length, $1.place) }
        var packs: [(rows: [Int], length: Int)] = []
        for row in ordered {
            let fitting = packs.indices.filter { packs[$0].length + row.length <= capacity }
            if let best = fitting.max(by: { packs[$0].length < packs[$1].length }) {
                packs[best].rows.append(row.place)
                packs[best].length += row.length
            } else {
                packs.append(([row.place], row.length))
            }
        }
        return packs.map { $0.rows.sorted() }
    }

    private static func chunks(_ count: Int, _ size: Int) -> [[Int]] {
        stride(from: 0, to: count, by: size).map { Array($0..<min($0 + size, count)) }
    }
}
