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
    ///   - capacity: Tokens of a pack of rows that share nothing; nil makes a pack of each `batchSize` rows in their order.
    ///   - batchSize: Rows of a micro-batch.
    ///   - sharing: How rows share what they begin with, and how long their packs are then; nil: they do not.
    init(_ samples: [Sample], firstNumber: Int, capacity: Int?, batchSize: Int, sharing: PrefixSharing?) {
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
                Self.fill(Self.clusters(rows, sharing), capacity: capacity)
            } else {
                stride(from: 0, to: rows.count, by: batchSize).map {
                    Array(rows[$0..<min($0 + batchSize, rows.count)])
                }
            }
        packs = groups.map { Self.pack($0, sharing) }.filter { !$0.targets.isEmpty }
        targets = packs.reduce(0) { $0 + $1.targets.count }
    }

    private static func pack(_ rows: [TrainingPack.Row], _ sharing: PrefixSharing?) -> TrainingPack {
        TrainingPack(rows: rows, sharedTokens: sharing == nil ? nil : PrefixSharing.leastTokens)
    }

    /// Rows that begin with the same tokens come together, the longest first: each goes where it adds the fewest
    /// tokens, of such places to the fullest, as long as a pack holds them.
    private static func clusters(_ rows: [TrainingPack.Row], _ sharing: PrefixSharing?) -> [Cluster] {
        let ordered = rows.map { Cluster(rows: [$0], tokens: $0.neededTokens) }.filter { $0.tokens > 0 }
            .sorted { ($1.tokens, $0.rows[0].number) < ($0.tokens, $1.rows[0].number) }
        guard let sharing else { return ordered }
        var clusters: [Cluster] = []
        var places: [ArraySlice<Int32>: [Int]] = [:]
        for alone in ordered {
            let row = alone.rows[0]
            guard alone.tokens >= PrefixSharing.leastTokens else {
                clusters.append(alone)
                continue
            }
            let key = row.ids.prefix(PrefixSharing.leastTokens)
            let joined = places[key, default: []].map { place in
                let rows = clusters[place].rows + [row]
                return (place: place, cluster: Cluster(rows: rows, tokens: pack(rows, sharing).ids.count))
            }
            let best = joined.filter { $0.cluster.tokens <= sharing.packTokens }.min {
                let added = $0.cluster.tokens - clusters[$0.place].tokens
                let otherAdded = $1.cluster.tokens - clusters[$1.place].tokens
                return (added, $1.cluster.tokens, $0.place) < (otherAdded, $0.cluster.tokens, $1.place)
            }
            if let best {
                clusters[best.place] = best.cluster
            } else {
                places[key, default: []].append(clusters.count)
                clusters.append(alone)
            }
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
