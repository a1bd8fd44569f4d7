import MimoData
import MimoModel

/// How the rows of one optimizer step are divided into packs.
///
/// Any division gives the same loss and gradients; tall packs make fast products, and memory bounds them.
struct PackPlan {
    /// Rows that stay together because they begin alike, and how many tokens they make.
    private struct Cluster {
        var rows: [TrainingPack.Row]
        var tokens: Int
    }

    /// The packs, the longest first.
    let packs: [TrainingPack]
    /// Tokens of each row, before anything is cut off or shared.
    let rowLengths: [Int]
    /// Labels that count.
    let targets: Int
    /// Those that the layer for multi-token prediction learns, where rows share nothing.
    var predictionTargets: Int { packs.reduce(0) { $0 + $1.predictionTargets } }

    /// Tokens of all rows, before anything is cut off or shared.
    var tokens: Int { rowLengths.reduce(0, +) }

    /// Divides the rows of a step.
    ///
    /// - Parameters:
    ///   - samples: The rows in their order.
    ///   - firstNumber: Number of the first row in the run, by which dropout draws.
    ///   - capacity: Tokens of a pack; nil makes a pack of each `batchSize` rows in their order.
    ///   - batchSize: Rows of a micro-batch.
    ///   - sharedTokens: How many equal first tokens make rows share them; nil shares nothing.
    init(_ samples: [Sample], firstNumber: Int, capacity: Int?, batchSize: Int, sharedTokens: Int?) {
        rowLengths = samples.map(\.ids.count)
        let rows = samples.enumerated().map { place, sample in
            TrainingPack.Row(
                ids: sample.ids,
                labels: sample.labels,
                weights: sample.lossScale,
                number: firstNumber + place
            )
        }
        let groups =
            if let capacity {
                Self.fill(
                    Self.clusters(rows, capacity: capacity, sharedTokens: sharedTokens),
                    capacity: capacity
                )
            } else {
                stride(from: 0, to: rows.count, by: batchSize).map {
                    Array(rows[$0..<min($0 + batchSize, rows.count)])
                }
            }
        packs = groups.map { TrainingPack(rows: $0, sharedTokens: sharedTokens) }.filter {
            !$0.targets.isEmpty
        }
        targets = packs.reduce(0) { $0 + $1.targets.count }
    }

    /// Rows that begin with the same tokens come together, in their order, as long as a pack holds them.
    private static func clusters(_ rows: [TrainingPack.Row], capacity: Int, sharedTokens: Int?) -> [Cluster] {
        var clusters: [Cluster] = []
        var open: [ArraySlice<Int32>: Int] = [:]
        for row in rows where row.neededTokens > 0 {
            let alone = Cluster(rows: [row], tokens: row.neededTokens)
            guard let sharedTokens, row.neededTokens >= sharedTokens else {
                clusters.append(alone)
                continue
            }
            let key = row.ids.prefix(sharedTokens)
            if let place = open[key] {
                let joined = clusters[place].rows + [row]
                let tokens = TrainingPack(rows: joined, sharedTokens: sharedTokens).ids.count
                if tokens <= capacity {
                    clusters[place] = Cluster(rows: joined, tokens: tokens)
                    continue
                }
            }
            open[key] = clusters.count
            clusters.append(alone)
        }
        return clusters
    }

    /// Best fit, the longest first: a cluster joins the fullest pack that still has room for it.
    private static func fill(_ clusters: [Cluster], capacity: Int) -> [[TrainingPack.Row]] {
        let ordered = clusters.enumerated().sorted {
            ($1.element.tokens, $0.offset) < ($0.element.tokens, $1.offset)
        }
        var packs: [Cluster] = []
        for (_, cluster) in ordered {
            let fitting = packs.indices.filter { packs[$0].tokens + cluster.tokens <= capacity }
            if let best = fitting.max(by: { packs[$0].tokens < packs[$1].tokens }) {
                packs[best].rows += cluster.rows
                packs[best].tokens += cluster.tokens
            } else {
                packs.append(cluster)
            }
        }
        return packs.map { $0.rows.sorted { $0.number < $1.number } }
    }
}
