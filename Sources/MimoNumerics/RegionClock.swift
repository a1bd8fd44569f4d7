import Synchronization

/// What the threads do together in a parallel region.
public enum RegionPart: Int, Sendable, CaseIterable, CustomStringConvertible {
    /// Matrix products, with the widening and packing of their weights.
    case products
    /// Scores, softmax and weighted sums, forward and backward.
    case attention
    /// RMSNorm.
    case norms
    /// Rotary position embedding.
    case rotary
    /// SwiGLU.
    case activations
    /// The skinny products of low-rank updates.
    case lowRank
    /// Masks of LoRA's inputs.
    case dropout
    /// Cross entropy and its gradient.
    case loss
    /// Updates of trained tensors.
    case optimizer
    /// Copies, gathers, sums and conversions.
    case copies

    /// The part's name in a report.
    public var description: String {
        switch self {
        case .products: "matrix products"
        case .attention: "attention"
        case .norms: "norms"
        case .rotary: "rotary"
        case .activations: "SwiGLU"
        case .lowRank: "LoRA"
        case .dropout: "dropout"
        case .loss: "loss"
        case .optimizer: "optimizer"
        case .copies: "copies and sums"
        }
    }
}

/// Where the time of the numerical work goes: every parallel region adds to the totals of its part.
///
/// What a program spends outside of regions is its serial share, which bounds how it scales (Amdahl 1967).
public enum RegionClock {
    /// What one part has used.
    public struct Total: Sendable, Equatable {
        /// Wall time, in seconds.
        public var seconds = 0.0
        /// How many regions ran.
        public var regions = 0
        /// Wall time that the same regions would take on other numbers of threads, in seconds; see
        /// ``RegionClock/simulate(threads:barrier:)``.
        public var simulated: [Double] = []

        /// What two stretches of the same work, simulated alike, have used together.
        public static func + (a: Total, b: Total) -> Total {
            Total(
                seconds: a.seconds + b.seconds,
                regions: a.regions + b.regions,
                simulated: zip(a.simulated, b.simulated).map(+)
            )
        }
    }

    private struct State {
        var totals = [Total](repeating: Total(), count: RegionPart.allCases.count)
        var threads: [Int] = []
        var barrier = 0.0
        var overhead = 0.0
    }

    private static let state = Mutex(State())
    /// Whether the state names threads: every region asks.
    private static let simulates = Atomic(false)

    /// The totals since the last ``reset()``.
    public static var totals: [RegionPart: Total] {
        let totals = state.withLock { $0.totals }
        return Dictionary(uniqueKeysWithValues: RegionPart.allCases.map { ($0, totals[$0.rawValue]) })
    }

    /// Sets all totals to 0.
    public static func reset() {
        state.withLock { state in
            state.overhead = 0
            state.totals = state.totals.map { _ in
                Total(simulated: state.threads.map { _ in 0 })
            }
        }
    }

    /// From now on, regions run on one thread, each of their tasks is timed, and the totals tell how long the
    /// regions would take if these tasks were claimed in their order by that many threads.
    ///
    /// It holds the cuts and the barriers to account, not the memory, which real threads share.
    ///
    /// - Parameters:
    ///   - threads: Numbers of threads; none ends the simulation.
    ///   - barrier: What opening and closing a region costs, in seconds.
    public static func simulate(threads: [Int], barrier: Double) {
        state.withLock { ($0.threads, $0.barrier) = (threads, barrier) }
        simulates.store(!threads.isEmpty, ordering: .releasing)
        reset()
    }

    /// What the simulation itself has taken since the last ``reset()``, in seconds.
    public static var simulationOverhead: Double { state.withLock(\.overhead) }

    /// How many threads share a region's tasks, the simulated ones included.
    static var sharers: Int {
        (isSimulating ? state.withLock { $0.threads.max() } : nil) ?? Compute.threads
    }

    static var isSimulating: Bool { simulates.load(ordering: .acquiring) }

    static func add(_ part: RegionPart, seconds: Double) {
        state.withLock {
            $0.totals[part.rawValue].seconds += seconds
            $0.totals[part.rawValue].regions += 1
        }
    }

    static func addOverhead(_ seconds: Double) { state.withLock { $0.overhead += seconds } }

    static func add(_ part: RegionPart, tasks: [Double]) {
        add(part, seconds: tasks.reduce(0, +))
        state.withLock { state in
            for (place, threads) in state.threads.enumerated() {
                let barrier = tasks.count > 1 ? state.barrier : 0
                state.totals[part.rawValue].simulated[place] +=
                    makespan(of: tasks, threads: threads) + barrier
            }
        }
    }

    /// When the last of `threads` is done if whoever is free takes the next task.
    static func makespan(of tasks: [Double], threads: Int) -> Double {
        guard threads > 1 else { return tasks.reduce(0, +) }
        var free = [Double](repeating: 0, count: min(threads, max(1, tasks.count)))
        for task in tasks {
            let first = free.indices.min { free[$0] < free[$1] } ?? 0
            free[first] += task
        }
        return free.max() ?? 0
    }
}
