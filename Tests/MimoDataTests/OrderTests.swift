import MimoData
import Testing

@Suite struct OrderTests {
    @Test(arguments: [0, 1, 2, 3, 5, 16, 17, 1000, 4097])
    func aPermutationHitsEveryElementOnce(count: Int) {
        for seed in 0..<4 as Range<UInt64> {
            let permutation = Permutation(count: count, seed: seed)
            #expect((0..<count).map { permutation[$0] }.sorted() == Array(0..<count))
        }
    }

    @Test func seedsAndStreamsGiveDifferentOrdersAndTheSameOnesTheSame() {
        let order = { (seed: UInt64, stream: UInt64) in
            let permutation = Permutation(count: 50, seed: seed, stream: stream)
            return (0..<50).map { permutation[$0] }
        }
        #expect(order(42, 0) == order(42, 0))
        #expect(order(42, 0) != order(43, 0))
        #expect(order(42, 0) != order(42, 1))
        // Pinned: a checkpoint of an older build must resume with the same order.
        #expect(Array(order(42, 0).prefix(8)) == [12, 24, 25, 31, 23, 48, 27, 29])
    }

    /// Each element comes at each place equally often: 6 sigma of a binomial.
    @Test func noPlaceIsPreferred() {
        let count = 7
        let trials = 7000
        var hits = [[Int]](repeating: [Int](repeating: 0, count: count), count: count)
        for seed in 0..<UInt64(trials) {
            let permutation = Permutation(count: count, seed: seed)
            for place in 0..<count { hits[place][permutation[place]] += 1 }
        }
        let expected = Double(trials) / Double(count)
        let sigma = (expected * (1 - 1 / Double(count))).squareRoot()
        for row in hits { for hit in row { #expect(abs(Double(hit) - expected) < 6 * sigma) } }
    }

    @Test func aRunCanBeEnteredAnywhere() {
        let order = TrainOrder(count: 10, seed: 1)
        let run = order.indices(0..<30)
        #expect(Set(run[0..<10]) == Set(0..<10))
        #expect(Set(run[10..<20]) == Set(0..<10))
        #expect(Array(run[0..<10]) != Array(run[10..<20]))
        #expect(order.indices(13..<27) == Array(run[13..<27]))
        #expect(TrainOrder(count: 3, seed: 1, shuffles: false).indices(0..<5) == [0, 1, 2, 0, 1])
        #expect(TrainOrder(count: 0, seed: 1).indices(0..<5).isEmpty)
    }

    @Test(arguments: Packer.Order.allCases)
    func packsHoldEverySampleOnceAndNoMoreThanTheLimit(order: Packer.Order) {
        for seed in 0..<20 as Range<UInt64> {
            let noise = Permutation(count: 700, seed: seed)
            let lengths = (0..<60).map { 1 + noise[$0] % 120 }
            let packer = Packer(limit: 100, order: order)
            let packs = packer.packs(of: lengths)
            #expect(packs.flatMap { $0 }.sorted() == Array(0..<60))
            for pack in packs {
                #expect(pack.count == 1 || pack.reduce(0) { $0 + lengths[$1] } <= 100)
                #expect(pack == pack.sorted())
            }
            #expect(packer.packs(of: lengths) == packs)
        }
        #expect(Packer(limit: 4, order: order).packs(of: []).isEmpty)
    }

    @Test func theLongestFirstNeedFewerPacks() {
        let lengths = [60, 50, 40, 50]
        #expect(Packer(limit: 100, order: .arrival).packs(of: lengths) == [[0], [1, 2], [3]])
        #expect(Packer(limit: 100, order: .longestFirst).packs(of: lengths) == [[0, 2], [1, 3]])
    }

    @Test func listsAreDrawnFromAsLikelyAsAsked() {
        let lists = [(0..<4000).map { "a\($0)" }, (0..<4000).map { "b\($0)" }]
        let first = Interleaving(probabilities: [3, 1], stopping: .firstExhausted, seed: 1).mixed(lists)
        #expect(first.filter { $0.hasPrefix("a") } == lists[0])
        let others = first.filter { $0.hasPrefix("b") }
        #expect(others == Array(lists[1].prefix(others.count)))
        #expect(abs(others.count - 1333) < 6 * 42)
        let all = Interleaving(probabilities: [3, 1], stopping: .allExhausted, seed: 1).mixed(lists)
        #expect(Set(all).count == 8000)
        #expect(all.filter { $0 == "a0" }.count > 1)
        #expect(all.last == "b3999")
        #expect(
            Interleaving(probabilities: [1, 1], stopping: .allExhausted, seed: 1).mixed([[1], []]).isEmpty
        )
    }
}
