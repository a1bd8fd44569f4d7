/// Which rows of a data set are used: all, or `#N` of them, or some for training and some for validation.
struct RowSelection {
    /// Which rows can be used at all, by their positions.
    struct Usable {
        private var flags: [Bool] = []
        private(set) var positions: [Int] = []

        mutating func append(_ isUsable: Bool) {
            if isUsable { positions.append(flags.count) }
            flags.append(isUsable)
        }

        func contains(_ position: Int) -> Bool { flags[position] }
    }

    /// The positions to train on, in order, with repetitions; nil for all in the file's order.
    let train: [Int]?
    /// The positions to validate with.
    let validation: [Int]
    private let wanted: Set<Int>
    private let usable: Usable?

    static let everything = RowSelection()

    private init() {
        train = nil
        validation = []
        wanted = []
        usable = nil
    }

    /// Draws the rows.
    ///
    /// `#N` below the number of usable rows draws without replacement; above it, every row is taken
    /// `N / size` times and `N % size` are drawn once more. Rows for validation are drawn first.
    ///
    /// - Throws: ``DataError/badItem(_:reason:)`` where no row would be left to train on.
    init(item: DatasetItem, usable: Usable, ratio: Double, seed: UInt64, stream: UInt64) throws {
        let size = usable.positions.count
        let count = item.sample ?? size
        let drawn = Permutation(count: size, seed: seed, stream: stream << 1)
        var train: [Int] = []
        var validation: [Int] = []
        if size > 0 {
            let available = min(size, count)
            let held = ratio == 0 ? 0 : ratio == 1 ? available : max(1, Int(Double(available) * ratio))
            guard ratio == 1 || count > held else {
                throw DataError.badItem(
                    item.dataset,
                    reason: "\(size) rows are too few to set some aside for validation"
                )
            }
            validation = (0..<held).map { usable.positions[drawn[$0]] }
            let rest = (held..<size).map { drawn[$0] }.sorted().map { usable.positions[$0] }
            let asked = ratio == 1 ? 0 : count - held
            if !rest.isEmpty {
                for _ in 0..<(asked / rest.count) { train += rest }
                let again = Permutation(count: rest.count, seed: seed, stream: stream << 1 | 1)
                train += (0..<(asked % rest.count)).map { rest[again[$0]] }
            }
        }
        self.train = train
        self.validation = validation
        self.usable = usable
        wanted = Set(train).union(validation)
    }

    /// Whether a row is to be encoded: also where it cannot be used, so that it is said why.
    func isWanted(_ position: Int) -> Bool {
        guard let usable else { return true }
        return wanted.contains(position) || !usable.contains(position)
    }
}
